//! Bodies of JSON.

use axum::extract::{FromRequest, Request};

use super::InputRejection;
use crate::input::Input;
use crate::request::read_json;
use crate::valid::Valid;

/// The request's JSON body as a valid `T`.
///
/// The content type is checked before anything is read. The payload layer's [`RawBody`](campotech_core::RawBody) is taken
/// where there is one, otherwise the body is read up to the limit; a [`Limits`](crate::Limits) among the request's
/// extensions replaces the defaults.
#[derive(Debug, Clone, Copy)]
pub struct ValidJson<T>(pub Valid<T>);

impl<T: Input, S: Sync> FromRequest<S> for ValidJson<T> {
    type Rejection = InputRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, InputRejection> {
        let (parts, body) = request.into_parts();
        let read = read_json(&parts, body).await;
        read.map(Self).map_err(|rejection| InputRejection::new(rejection, &parts))
    }
}
