//! Whether a body is one that we read, by its headers.

use campotech_core::media::{is_json_type, is_no_charset_or_utf8};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::report::{Rejection, codes};

/// Checks the headers of a JSON body, before anything of it is read.
///
/// `application/json` and `application/*+json` are taken, with no charset or with UTF-8 (RFC 8259, section 8.1).
///
/// # Errors
/// 415 with `Accept` for the content type ([`Rejection::for_method`] adds what a PATCH is told); 415 with
/// `Accept-Encoding` for a content coding that is still on the body.
pub fn check_json(headers: &HeaderMap) -> Result<(), Rejection> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else {
        return Err(Rejection::content_type(&codes::CONTENT_TYPE_MISSING));
    };
    if values.next().is_some() {
        return Err(Rejection::content_type(&codes::CONTENT_TYPE_REPEATED));
    }
    let mut parts = value.to_str().unwrap_or("").split(';');
    if !is_json_type(parts.next().unwrap_or("").trim()) {
        return Err(Rejection::content_type(&codes::CONTENT_TYPE_UNSUPPORTED));
    }
    if parts.all(is_no_charset_or_utf8) {
        Ok(())
    } else {
        Err(Rejection::content_type(&codes::CONTENT_TYPE_CHARSET))
    }
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

    fn checked(values: &[&str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
        }
        check_json(&headers).map_or_else(|rejection| rejection.issues()[0].code(), |()| "ok")
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
            assert_eq!(checked(&[fine]), "ok", "{fine}");
        }
        for bad in
            ["", "text/json", "application/jsonp", "application/+json", "json", "application/json, text/html"]
        {
            assert_eq!(checked(&[bad]), "content_type.unsupported", "{bad}");
        }
        assert_eq!(checked(&["application/json;charset=utf-7"]), "content_type.charset");
        assert_eq!(checked(&["application/json; charset"]), "content_type.charset");
        assert_eq!(checked(&[]), "content_type.missing");
        assert_eq!(checked(&["application/json", "application/json"]), "content_type.repeated");
    }
}
