//! What counts as JSON, for whoever looks at a body and for whoever reads it.

/// Whether a media type without its parameters is `application/json` or `application/*+json` (RFC 6839).
#[must_use]
pub fn is_json_type(media_type: &str) -> bool {
    let Some((kind, subtype)) = media_type.split_once('/') else { return false };
    let suffix = subtype.len().checked_sub(5).and_then(|at| subtype.split_at_checked(at));
    let suffixed = suffix.is_some_and(|(name, end)| {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        end.eq_ignore_ascii_case("+json") && !name.is_empty() && name.bytes().all(token)
    });
    kind.eq_ignore_ascii_case("application") && (subtype.eq_ignore_ascii_case("json") || suffixed)
}

/// Whether a parameter of a media type is any but `charset`, or says UTF-8 (RFC 8259, section 8.1).
#[must_use]
pub fn is_no_charset_or_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    !name.trim().eq_ignore_ascii_case("charset")
        || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}
