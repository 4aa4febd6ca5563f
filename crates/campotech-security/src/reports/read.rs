//! What reports say, in numbers. Pure: bytes in, counts out; nothing of the text is kept.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::headers::Directive;

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/reports+json`: a list, of `report-to`.
    List,
    /// `application/csp-report`: one violation, of `report-uri`.
    Single,
}

/// What was counted. A violation of a directive that is not known has the index after the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Told {
    /// Violations of a policy that is enforced.
    pub(super) enforced: [u32; PLACES],
    /// Violations of one that is tried out.
    pub(super) tried: [u32; PLACES],
    /// Reports of another type: deprecations, crashes ...
    pub(super) other: u32,
    /// Reports beyond the limit, unread.
    pub(super) unread: u32,
}

const PLACES: usize = Directive::ALL.len() + 1;

impl Format {
    pub(super) fn of(media_type: &[u8]) -> Option<Self> {
        let essence = media_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        if essence.eq_ignore_ascii_case(b"application/reports+json") {
            Some(Self::List)
        } else if essence.eq_ignore_ascii_case(b"application/csp-report") {
            Some(Self::Single)
        } else {
            None
        }
    }

    /// Reads a whole body; none where it is not written so.
    pub(super) fn read(self, body: &[u8], most: usize) -> Option<Told> {
        let mut told = Told::default();
        // What serde_json skips it does not decode.
        let mut json = serde_json::Deserializer::from_str(std::str::from_utf8(body).ok()?);
        match self {
            Self::List => Reports { told: &mut told, most }.deserialize(&mut json).ok()?,
            Self::Single => told.count(&Wrapped::deserialize(&mut json).ok()?.violation),
        }
        json.end().ok()?;
        Some(told)
    }
}

impl Told {
    fn count(&mut self, violation: &Violation) {
        let counts = if violation.tried { &mut self.tried } else { &mut self.enforced };
        let directive = violation.effective.or(violation.violated);
        let place = Directive::ALL.iter().position(|known| Some(*known) == directive);
        counts[place.unwrap_or(PLACES - 1)] += 1;
    }

    /// The name of a place, as a label.
    pub(super) fn label(place: usize) -> &'static str {
        Directive::ALL.get(place).map_or("other", |directive| directive.name())
    }
}

#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "csp-report")]
    violation: Violation,
}

/// One of a list. What is no violation of a policy may have a body of any shape.
#[derive(Deserialize)]
struct Report<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    body: Object<Violation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Violation {
    #[serde(rename = "effectiveDirective", alias = "effective-directive", deserialize_with = "directive")]
    effective: Option<Directive>,
    #[serde(rename = "violatedDirective", alias = "violated-directive", deserialize_with = "directive")]
    violated: Option<Directive>,
    #[serde(rename = "disposition", deserialize_with = "tried")]
    tried: bool,
}

fn directive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Directive>, D::Error> {
    // `violated-directive` had the sources behind the name once.
    let Word(word) = Word::deserialize(deserializer)?;
    Ok(word.split_ascii_whitespace().next().and_then(Directive::find))
}

fn tried<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Word::deserialize(deserializer).map(|Word(word)| word == "report")
}

/// A string; what is none is an empty one.
#[derive(Default)]
struct Word<'a>(Cow<'a, str>);

/// An object; what is none is an empty one.
#[derive(Default)]
struct Object<T>(T);

/// Takes any value and keeps it where it is of the kind that is wanted.
struct Kept<T>(PhantomData<T>);

macro_rules! empty_otherwise {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

impl<'de> Visitor<'de> for Kept<Word<'de>> {
    type Value = Word<'de>;

    empty_otherwise!();

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Kept<Object<T>> {
    type Value = Object<T>;

    empty_otherwise!();

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kept(PhantomData::<Self>))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kept(PhantomData::<Self>))
    }
}

/// Counts a list as it is read, so that it is never in memory.
struct Reports<'a> {
    told: &'a mut Told,
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Reports<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Reports<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of reports")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for _ in 0..self.most {
            match seq.next_element::<Report<'de>>()? {
                Some(report) if report.kind == "csp-violation" => self.told.count(&report.body.0),
                Some(_) => self.told.other += 1,
                None => return Ok(()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            self.told.unread += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(body: &str) -> Option<Told> {
        Format::List.read(body.as_bytes(), 3)
    }

    fn enforced(directive: Directive) -> usize {
        Directive::ALL.iter().position(|known| *known == directive).unwrap()
    }

    #[test]
    fn violations_are_counted_by_directive_and_disposition() {
        let told = list(
            r#"[{"age":1,"type":"csp-violation","url":"https://a/","user_agent":"x","body":{"blockedURL":"inline",
                "effectiveDirective":"script-src-elem","disposition":"enforce","originalPolicy":"…","statusCode":200}},
               {"body":{"disposition":"report","effectiveDirective":"img-src"},"type":"csp-violation"},
               {"type":"deprecation","body":[1,{"a":null}]}]"#,
        )
        .unwrap();
        assert_eq!(told.enforced[enforced(Directive::ScriptSrcElem)], 1);
        assert_eq!(told.tried[enforced(Directive::ImgSrc)], 1);
        assert_eq!((told.other, told.unread), (1, 0));
        assert_eq!(told.enforced.iter().chain(&told.tried).sum::<u32>(), 2);
    }

    #[test]
    fn a_single_report_of_an_old_browser_is_read() {
        let told = Format::Single
            .read(br#"{"csp-report":{"violated-directive":"style-src 'self'","document-uri":"x"}}"#, 1)
            .unwrap();
        assert_eq!(told.enforced[enforced(Directive::StyleSrc)], 1);
        let both =
            br#"{"csp-report":{"effective-directive":"style-src-attr","violated-directive":"style-src"}}"#;
        assert_eq!(Format::Single.read(both, 1).unwrap().enforced[enforced(Directive::StyleSrcAttr)], 1);
    }

    #[test]
    fn what_is_not_known_is_other_and_what_is_too_much_is_only_counted() {
        for strange in [
            r#""effectiveDirective":"evil-src""#,
            r#""effectiveDirective":7"#,
            r#""disposition":{"a":[1]}"#,
            "",
        ] {
            let told = list(&format!(r#"[{{"type":"csp-violation","body":{{{strange}}}}}]"#)).unwrap();
            assert_eq!(told.enforced[PLACES - 1], 1, "{strange}");
        }
        for body in ["7", "-7", "1.5", "true", "null", "\"a\"", "[]"] {
            let told = list(&format!(r#"[{{"type":"csp-violation","body":{body}}}]"#)).unwrap();
            assert_eq!(told.enforced[PLACES - 1], 1, "{body}");
        }
        let one = r#"{"type":"crash"}"#;
        let told = list(&format!("[{}]", [one; 10].join(","))).unwrap();
        assert_eq!((told.other, told.unread), (3, 7));
        assert_eq!(Told::label(PLACES - 1), "other");
        assert_eq!(Told::label(0), "default-src");
    }

    #[test]
    fn what_is_no_report_is_none() {
        for body in
            ["", "{}", "[", "[{}]", "[1]", "[[]]", r#"[{"type":1}]"#, "[]x", "null", "[{\"type\":\"a\"},]"]
        {
            assert_eq!(list(body), None, "{body}");
        }
        for body in ["", "[]", "{}", r#"{"csp-report":1}"#, r#"{"csp-report":{}} x"#] {
            assert_eq!(Format::Single.read(body.as_bytes(), 1), None, "{body}");
        }
        let deep = format!("[{{\"type\":\"a\",\"body\":{}{}}}]", "[".repeat(5_000), "]".repeat(5_000));
        let _ = list(&deep);
        assert_eq!(list("[]"), Some(Told::default()));
    }

    #[test]
    fn formats_are_told_by_the_media_type() {
        assert_eq!(Format::of(b"application/reports+json"), Some(Format::List));
        assert_eq!(Format::of(b"Application/CSP-Report ; charset=utf-8"), Some(Format::Single));
        for other in ["", "application/json", "text/plain", "application/csp-reports"] {
            assert_eq!(Format::of(other.as_bytes()), None, "{other}");
        }
    }
}
