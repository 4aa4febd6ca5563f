//! Query strings.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::InputRejection;
use crate::input::Fields;
use crate::request::read_query;
use crate::valid::Valid;

/// The request's query string as a valid `T`.
#[derive(Debug, Clone, Copy)]
pub struct ValidQuery<T>(pub Valid<T>);

impl<T: Fields, S: Sync> FromRequestParts<S> for ValidQuery<T> {
    type Rejection = InputRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, InputRejection> {
        read_query(parts).map(Self).map_err(|rejection| InputRejection::new(rejection, parts))
    }
}
