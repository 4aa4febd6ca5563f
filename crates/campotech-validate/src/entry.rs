//! The entry points over plain bytes and text.

use bytes::Bytes;
use http::HeaderMap;

use crate::input::{Fields, Input, Object};
use crate::json;
use crate::limits::Limits;
use crate::multipart;
use crate::query;
use crate::report::{Place, Rejection, Report, Source, Violation, codes};
use crate::valid::Valid;

/// Reads a JSON body; every fault it holds is in the rejection.
///
/// # Errors
/// 413 over the limit of bytes, 400 where it isn't JSON as RFC 8259 has it (or is over another limit, or repeats a
/// member's name), 422 where it says something wrong.
pub fn validate_json<T: Input>(bytes: &[u8], limits: &Limits) -> Result<Valid<T>, Rejection> {
    within(bytes, limits)?;
    let node = json::parse(bytes, limits).map_err(Rejection::malformed)?;
    let report = Report::new(Source::Body);
    let value = T::read(node, &Place::root(&report));
    report.finish(value)
}

/// Reads the body of a form, `application/x-www-form-urlencoded`.
///
/// Decoded once, `+` is a space. A name is one field as it stands: `a[]` and `a.b` mean nothing special. An empty value is a
/// value.
///
/// # Errors
/// 413 over the limit of bytes, 400 where it can't be decoded, is over another limit or repeats a name, 422 where it says
/// something wrong.
pub fn validate_form<T: Fields>(bytes: &[u8], limits: &Limits) -> Result<Valid<T>, Rejection> {
    within(bytes, limits)?;
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|_| Rejection::malformed((&codes::ENCODING).into()))?;
    read_fields(query::parse_form(text, limits))
}

/// Reads a `multipart/form-data` body between the `boundary`s of its content type; files are pieces of `bytes`, no copies.
///
/// # Errors
/// 413 over the limit of bytes, 400 where it isn't multipart as RFC 7578 has it, is over another limit or repeats a name,
/// 422 where it says something wrong.
pub fn validate_multipart<T: Fields>(
    bytes: &Bytes,
    boundary: &str,
    limits: &Limits,
) -> Result<Valid<T>, Rejection> {
    within(bytes, limits)?;
    read_fields(multipart::parse(bytes, boundary, limits))
}

/// Reads the parameters of a query string (without the `?`).
///
/// Decoded once, `+` is a space; repeated and unknown parameters are faults, and so is NUL. A name is one parameter as
/// it stands: `a[]` and `a.b` mean nothing special.
///
/// # Errors
/// 400 with every fault.
pub fn validate_query<T: Fields>(query: &str) -> Result<Valid<T>, Rejection> {
    validate_parameters(query::parse(query), Source::Query)
}

/// Reads the parameters of a path, decoded once by the router.
///
/// # Errors
/// 400 with every fault.
pub fn validate_path<'a, T: Fields>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Valid<T>, Rejection> {
    let pairs = parameters.into_iter().map(|(name, value)| (name.into(), Some(value.into())));
    validate_parameters(pairs.collect(), Source::Path)
}

/// Reads the headers that `T` names, in any case (`key as "idempotency-key": Uuid`); all others are left alone.
///
/// A header is text of visible ASCII, and stands once.
///
/// # Errors
/// 400 with every fault.
pub fn validate_headers<T: Fields>(headers: &HeaderMap) -> Result<Valid<T>, Rejection> {
    let report = Report::new(Source::Header);
    let value = Object::of_headers(headers, &Place::root(&report)).read();
    report.finish(value)
}

fn within(bytes: &[u8], limits: &Limits) -> Result<(), Rejection> {
    if bytes.len() > limits.bytes() { Err(Rejection::too_large()) } else { Ok(()) }
}

fn read_fields<T: Fields>(fields: Result<multipart::Fields<'_>, Violation>) -> Result<Valid<T>, Rejection> {
    let fields = fields.map_err(Rejection::malformed)?;
    let report = Report::new(Source::Body);
    let value = Object::of_fields(fields, &Place::root(&report)).read();
    report.finish(value)
}

fn validate_parameters<T: Fields>(pairs: query::Pairs<'_>, source: Source) -> Result<Valid<T>, Rejection> {
    let report = Report::new(source);
    let value = Object::of_parameters(pairs, &Place::root(&report)).read();
    report.finish(value)
}
