//! Path parameters.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use super::InputRejection;
use crate::entry::validate_path;
use crate::input::Fields;
use crate::report::Rejection;
use crate::valid::Valid;

/// The parameters of the matched route as a valid `T`, whose fields have the names that the route gives them.
#[derive(Debug, Clone, Copy)]
pub struct ValidPath<T>(pub Valid<T>);

impl<T: Fields, S: Send + Sync> FromRequestParts<S> for ValidPath<T> {
    type Rejection = InputRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, InputRejection> {
        let read = match RawPathParams::from_request_parts(parts, state).await {
            Ok(parameters) => validate_path(&parameters),
            // The only refusal that a client can cause: bytes that are no UTF-8.
            Err(_) => Err(Rejection::undecodable_path()),
        };
        read.map(Self).map_err(|rejection| InputRejection::new(rejection, parts))
    }
}
