//! The languages that people are answered in.

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue};

use crate::preference::items;

/// A language that every text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// Spanish as spoken in Argentina.
    EsAr,
}

/// One text in every language; leaving one out does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Localized {
    /// English.
    pub en: &'static str,
    /// Spanish.
    pub es: &'static str,
    /// Spanish as spoken in Argentina.
    pub es_ar: &'static str,
}

/// What a client says of languages, kept for a problem that may come: it is read then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptLanguage(Option<HeaderValue>);

impl AcceptLanguage {
    /// What these headers say.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(line) = headers.get(ACCEPT_LANGUAGE) else { return Self(None) };
        if headers.get_all(ACCEPT_LANGUAGE).iter().nth(1).is_some() {
            return Self(Some(HeaderValue::from_static(Language::negotiate(headers).tag())));
        }
        Self(Some(line.clone()))
    }

    /// Whether they say nothing.
    pub(super) const fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    /// The best of our languages; English where none fits.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::best(self.0.as_ref())
    }
}

impl Language {
    /// The best of our languages for `Accept-Language` (RFC 9110, section 12.5.4); English where none fits.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Self {
        let Some(line) = headers.get(ACCEPT_LANGUAGE) else { return Self::En };
        Self::first(line.as_bytes()).unwrap_or_else(|| Self::best(headers.get_all(ACCEPT_LANGUAGE)))
    }

    /// The language of a first item without a weight, if it is one of ours: nothing is better, and browsers begin so.
    fn first(line: &[u8]) -> Option<Self> {
        let end = line.iter().position(|b| matches!(b, b',' | b';'));
        let (name, rest) = line.split_at(end.unwrap_or(line.len()));
        if rest.starts_with(b";") { None } else { Self::of_tag(name.trim_ascii()) }
    }

    fn best<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut best = (0, Self::En);
        for range in items(lines) {
            if range.weight > best.0
                && let Some(language) = Self::of_tag(range.name.as_bytes())
            {
                best = (range.weight, language);
            }
        }
        best.1
    }

    /// The tag for `Content-Language`: `en`, `es`, `es-AR`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::EsAr => "es-AR",
        }
    }

    fn of_tag(tag: &[u8]) -> Option<Self> {
        if tag == b"*" {
            return Some(Self::En);
        }
        let (primary, rest) = tag.split_first_chunk::<2>()?;
        if !rest.is_empty() && rest[0] != b'-' {
            return None;
        }
        match [primary[0].to_ascii_lowercase(), primary[1].to_ascii_lowercase()] {
            [b'e', b's'] if rest.eq_ignore_ascii_case(b"-ar") => Some(Self::EsAr),
            [b'e', b's'] => Some(Self::Es),
            [b'e', b'n'] => Some(Self::En),
            _ => None,
        }
    }
}

impl Localized {
    /// The text in `language`.
    #[must_use]
    pub const fn get(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Es => self.es,
            Language::EsAr => self.es_ar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(value).unwrap());
        Language::negotiate(&headers)
    }

    #[test]
    fn what_is_kept_says_the_same_later() {
        for lines in [&[][..], &["es;q=0.5, en;q=0.1"], &["de", "es-AR"], &["en;q=0.1", "es;q=0.2"]] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static(line));
            }
            assert_eq!(AcceptLanguage::of(&headers).language(), Language::negotiate(&headers), "{lines:?}");
        }
    }

    #[test]
    fn the_best_language_wins() {
        assert_eq!(negotiated("es-AR,es;q=0.9,en;q=0.8"), Language::EsAr);
        assert_eq!(negotiated("de, es;q=0.5"), Language::Es);
        assert_eq!(negotiated("es-MX"), Language::Es);
        assert_eq!(negotiated(" ES-ar , en"), Language::EsAr);
        assert_eq!(negotiated("es;q=0.9, en"), Language::En);
        assert_eq!(negotiated("esp, es-AR-x;q=0.1, e, *"), Language::En);
        assert_eq!(negotiated("est-x, enm, es;q=0.1"), Language::Es);
        assert_eq!(negotiated("en;q=0.1, es-ar;q=0.2"), Language::EsAr);
        assert_eq!(negotiated("fr, *;q=0.1"), Language::En);
        assert_eq!(negotiated("es;q=0"), Language::En);
        assert_eq!(negotiated("es;q=nan, en"), Language::En);
        assert_eq!(negotiated(";;;,,q=1"), Language::En);
        assert_eq!(Language::negotiate(&HeaderMap::new()), Language::En);
    }
}
