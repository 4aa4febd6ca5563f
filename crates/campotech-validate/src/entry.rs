//! The entry points over plain bytes and text.

use crate::input::{Fields, Input, Object};
use crate::json;
use crate::limits::Limits;
use crate::query;
use crate::report::{Place, Rejection, Report, Source};
use crate::valid::Valid;

/// Reads a JSON body; every fault it holds is in the rejection.
///
/// # Errors
/// 413 over the limit of bytes, 400 where it isn't JSON as RFC 8259 has it (or is nested too deeply, or repeats a
/// member's name), 422 where it says something wrong.
pub fn validate_json<T: Input>(bytes: &[u8], limits: &Limits) -> Result<Valid<T>, Rejection> {
    if bytes.len() > limits.bytes() {
        return Err(Rejection::too_large());
    }
    let node = json::parse(bytes, limits.depth()).map_err(Rejection::malformed)?;
    let report = Report::new(Source::Body);
    let value = T::read(node, &Place::root(&report));
    report.finish(value)
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

fn validate_parameters<T: Fields>(pairs: query::Pairs<'_>, source: Source) -> Result<Valid<T>, Rejection> {
    let report = Report::new(source);
    let value = Object::of_parameters(pairs, &Place::root(&report)).read();
    report.finish(value)
}
