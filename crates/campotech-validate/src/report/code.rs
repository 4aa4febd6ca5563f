//! The code of a fault, with its text.

use campotech_core::Localized;

/// What can be wrong: a stable name for programs, and a text for people in every language.
///
/// Make yours a `static`, by [`new`](Self::new). Names in braces in the text, such as `{max}`, are replaced by the
/// violation's parameters.
///
/// ```
/// use campotech_core::Localized;
/// use campotech_validate::Code;
///
/// static TOO_FAR: Code = Code::new(
///     "visit.too_far",
///     Localized { en: "At most {max} km away.", es: "A {max} km como máximo.", es_ar: "Hasta {max} km." },
/// );
/// ```
///
/// ```compile_fail
/// # use campotech_core::Localized;
/// # use campotech_validate::Code;
/// static TOO_FAR: Code = Code::new(
///     "visit.too_far",
///     Localized { en: "At most {max} km away.", es: "Demasiado lejos.", es_ar: "Hasta {max} km." },
/// );
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, such as `length.max`.
    pub name: &'static str,
    /// What to do about it.
    pub text: Localized,
}

impl Code {
    /// A code whose texts say the same in every language: none is empty, and all have the same parameters.
    ///
    /// # Panics
    /// Where they don't; in a `static` the compiler says so.
    #[must_use]
    pub const fn new(name: &'static str, text: Localized) -> Self {
        assert!(!text.en.is_empty() && !text.es.is_empty() && !text.es_ar.is_empty(), "a text is missing");
        assert!(has_holes_of(text.en, text.es) && has_holes_of(text.es, text.en), "`en` and `es` differ");
        assert!(
            has_holes_of(text.en, text.es_ar) && has_holes_of(text.es_ar, text.en),
            "`en` and `es-AR` differ"
        );
        Self { name, text }
    }
}

/// Whether every `{name}` of `other` is in `text`, too.
const fn has_holes_of(text: &str, other: &str) -> bool {
    let other = other.as_bytes();
    let mut at = 0;
    while at < other.len() {
        if other[at] == b'{' {
            let mut end = at;
            while end < other.len() && other[end] != b'}' {
                end += 1;
            }
            if end == other.len() || !contains(text.as_bytes(), other, at, end + 1) {
                return false;
            }
            at = end;
        }
        at += 1;
    }
    true
}

/// Whether `other[from..to]` is somewhere in `text`.
const fn contains(text: &[u8], other: &[u8], from: usize, to: usize) -> bool {
    let mut start = 0;
    while start + (to - from) <= text.len() {
        let mut at = 0;
        while at < to - from && text[start + at] == other[from + at] {
            at += 1;
        }
        if at == to - from {
            return true;
        }
        start += 1;
    }
    false
}
