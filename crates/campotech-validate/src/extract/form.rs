//! Bodies of forms.

use axum::extract::{FromRequest, Request};

use super::InputRejection;
use crate::input::Fields;
use crate::request::{read_form, read_multipart};
use crate::valid::Valid;

/// The request's `application/x-www-form-urlencoded` body as a valid `T`; read as [`ValidJson`](super::ValidJson) reads its
/// own.
#[derive(Debug, Clone, Copy)]
pub struct ValidForm<T>(pub Valid<T>);

/// The request's `multipart/form-data` body as a valid `T`; read as [`ValidJson`](super::ValidJson) reads its own.
///
/// The whole body is in memory, up to the limit of bytes (256 KiB unless a [`Limits`](crate::Limits) says otherwise), and an
/// [`Upload`](crate::Upload) is a piece of it.
#[derive(Debug, Clone, Copy)]
pub struct ValidMultipart<T>(pub Valid<T>);

impl<T: Fields, S: Sync> FromRequest<S> for ValidForm<T> {
    type Rejection = InputRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, InputRejection> {
        let (parts, body) = request.into_parts();
        let read = read_form(&parts, body).await;
        read.map(Self).map_err(|rejection| InputRejection::new(rejection, &parts))
    }
}

impl<T: Fields, S: Sync> FromRequest<S> for ValidMultipart<T> {
    type Rejection = InputRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, InputRejection> {
        let (parts, body) = request.into_parts();
        let read = read_multipart(&parts, body).await;
        read.map(Self).map_err(|rejection| InputRejection::new(rejection, &parts))
    }
}
