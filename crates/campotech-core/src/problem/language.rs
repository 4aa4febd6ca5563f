//! The languages that people are answered in.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use crate::preference::preferences;

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

impl Language {
    /// The best of our languages for `Accept-Language` (RFC 9110, section 12.5.4); English where none fits.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Self {
        let mut best = (0, Self::En);
        for range in preferences(headers, ACCEPT_LANGUAGE) {
            if range.weight > best.0
                && let Some(language) = Self::of_tag(range.name)
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

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        if tag.eq_ignore_ascii_case("es-ar") {
            Some(Self::EsAr)
        } else if primary.eq_ignore_ascii_case("es") {
            Some(Self::Es)
        } else if primary.eq_ignore_ascii_case("en") || tag == "*" {
            Some(Self::En)
        } else {
            None
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
    use http::HeaderValue;

    use super::*;

    fn negotiated(value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(value).unwrap());
        Language::negotiate(&headers)
    }

    #[test]
    fn the_best_language_wins() {
        assert_eq!(negotiated("es-AR,es;q=0.9,en;q=0.8"), Language::EsAr);
        assert_eq!(negotiated("de, es;q=0.5"), Language::Es);
        assert_eq!(negotiated("es-MX"), Language::Es);
        assert_eq!(negotiated("en;q=0.1, es-ar;q=0.2"), Language::EsAr);
        assert_eq!(negotiated("fr, *;q=0.1"), Language::En);
        assert_eq!(negotiated("es;q=0"), Language::En);
        assert_eq!(negotiated("es;q=nan, en"), Language::En);
        assert_eq!(negotiated(";;;,,q=1"), Language::En);
        assert_eq!(Language::negotiate(&HeaderMap::new()), Language::En);
    }
}
