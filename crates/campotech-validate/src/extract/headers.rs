//! Headers.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::InputRejection;
use crate::input::Fields;
use crate::request::read_headers;
use crate::valid::Valid;

/// The headers that `T` names, as a valid `T`; all others are left alone.
#[derive(Debug, Clone, Copy)]
pub struct ValidHeaders<T>(pub Valid<T>);

impl<T: Fields, S: Sync> FromRequestParts<S> for ValidHeaders<T> {
    type Rejection = InputRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, InputRejection> {
        read_headers(parts).map(Self).map_err(|rejection| InputRejection::new(rejection, parts))
    }
}
