//! Whether a body is one that we read, by its headers.

use campotech_core::media::{is_json_type, is_no_charset_or_utf8};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::report::{Code, Rejection, codes};

/// What the body of a form is called.
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
const JSON: &str = "application/json";

/// Checks the headers of a JSON body, before anything of it is read.
///
/// `application/json` and `application/*+json` are taken, with no charset or with UTF-8 (RFC 8259, section 8.1).
///
/// # Errors
/// 415 with `Accept` ([`Rejection::for_method`] adds what a PATCH is told).
pub fn check_json(headers: &HeaderMap) -> Result<(), Rejection> {
    checked(headers, JSON, is_json_type).map(drop)
}

/// Checks the headers of a form, before anything of it is read: `application/x-www-form-urlencoded`, UTF-8 if it says so.
///
/// # Errors
/// As [`check_json`].
pub fn check_form(headers: &HeaderMap) -> Result<(), Rejection> {
    checked(headers, FORM, |kind| kind.eq_ignore_ascii_case(FORM)).map(drop)
}

/// Checks the headers of a `multipart/form-data` body, before anything of it is read, and finds its boundary.
///
/// # Errors
/// As [`check_json`]; 400 where there is no boundary, or none of RFC 2046.
pub fn check_multipart(headers: &HeaderMap) -> Result<&str, Rejection> {
    let value = checked(headers, MULTIPART, |kind| kind.eq_ignore_ascii_case(MULTIPART))?;
    boundary(value)
        .ok_or_else(|| Rejection::malformed_header(CONTENT_TYPE.as_str(), &codes::MULTIPART_BOUNDARY))
}

/// The one content type, if it is of this `media` and in UTF-8.
fn checked<'h>(
    headers: &'h HeaderMap,
    media: &'static str,
    is_ours: impl Fn(&str) -> bool,
) -> Result<&'h str, Rejection> {
    let refused = |code: &'static Code| Err(Rejection::content_type(code, media));
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return refused(&codes::CONTENT_TYPE_MISSING) };
    if values.next().is_some() {
        return refused(&codes::CONTENT_TYPE_REPEATED);
    }
    let value = value.to_str().unwrap_or("");
    let mut parts = value.split(';');
    if !is_ours(parts.next().unwrap_or("").trim()) {
        return refused(&codes::CONTENT_TYPE_UNSUPPORTED);
    }
    if parts.all(is_no_charset_or_utf8) { Ok(value) } else { refused(&codes::CONTENT_TYPE_CHARSET) }
}

/// The only boundary among the parameters: 1 to 70 characters of RFC 2046, section 5.1.1, none of which is a `;` or `"`.
fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut boundaries = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    let (_, value) = boundaries.next()?;
    let value = value.trim();
    let value = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    let fine = (1..=70).contains(&value.len()) && value.bytes().all(allowed) && !value.ends_with(' ');
    (fine && boundaries.next().is_none()).then_some(value)
}

/// Checks that no content coding is left on a body that we read ourselves.
pub(crate) fn check_identity(headers: &HeaderMap) -> Result<(), Rejection> {
    let identity = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(identity) {
        Ok(())
    } else {
        Err(Rejection::content_encoding())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (CONTENT_TYPE, HeaderValue::from_str(value).unwrap())).collect()
    }

    fn code<T>(result: Result<T, Rejection>) -> &'static str {
        result.map_or_else(|rejection| rejection.issues()[0].code(), |_| "ok")
    }

    fn json(values: &[&str]) -> &'static str {
        code(check_json(&of(values)))
    }

    #[test]
    fn json_is_told_from_what_only_looks_like_it() {
        for fine in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/merge-patch+json",
            "application/json; v=1",
        ] {
            assert_eq!(json(&[fine]), "ok", "{fine}");
        }
        for bad in
            ["", "text/json", "application/jsonp", "application/+json", "json", "application/json, text/html"]
        {
            assert_eq!(json(&[bad]), "content_type.unsupported", "{bad}");
        }
        assert_eq!(json(&["application/json;charset=utf-7"]), "content_type.charset");
        assert_eq!(json(&["application/json; charset"]), "content_type.charset");
        assert_eq!(json(&[]), "content_type.missing");
        assert_eq!(json(&["application/json", "application/json"]), "content_type.repeated");
    }

    #[test]
    fn forms_are_told_from_json() {
        let form = |value: &str| code(check_form(&of(&[value])));
        for fine in [FORM, "application/x-www-form-urlencoded; charset=utf-8"] {
            assert_eq!(form(fine), "ok", "{fine}");
        }
        assert_eq!(form("application/x-www-form-urlencoded;charset=latin1"), "content_type.charset");
        assert_eq!(form(JSON), "content_type.unsupported");
        let told = check_form(&of(&[JSON])).unwrap_err();
        assert_eq!(told.issues()[0].violation().params()["accepted"], FORM);
    }

    #[test]
    fn a_multipart_body_has_one_boundary() {
        for (parameters, expected) in [
            ("; boundary=abc", Some("abc")),
            (";charset=utf-8; Boundary=\"a b:c\"", Some("a b:c")),
            ("", None),
            ("; boundary=", None),
            ("; boundary=\"a", None),
            ("; boundary=\"a \"", None),
            ("; boundary=a; boundary=b", None),
            ("; boundary=ab<c", None),
            (&*format!("; boundary={}", "x".repeat(71)), None),
        ] {
            let headers = of(&[&format!("multipart/form-data{parameters}")]);
            let found = check_multipart(&headers);
            assert_eq!(found.as_ref().ok().copied(), expected, "{parameters}");
            if let Err(rejection) = found {
                assert_eq!(
                    (rejection.status().as_u16(), rejection.issues()[0].code()),
                    (400, "multipart.boundary")
                );
            }
        }
        assert_eq!(code(check_multipart(&of(&["multipart/mixed; boundary=a"]))), "content_type.unsupported");
    }
}
