//! JSON bodies.

use axum::extract::{FromRequest, Request};
use campotech_core::RawBody;

use super::InputRejection;
use crate::entry::validate_json;
use crate::input::Input;
use crate::layer::collect::Collect;
use crate::limits::Limits;
use crate::media::{check_identity, check_json};
use crate::report::Rejection;
use crate::valid::Valid;

/// The request's JSON body as a valid `T`.
///
/// The content type is checked before anything is read. The payload layer's [`RawBody`] is taken where there is one,
/// otherwise the body is read up to the limit; a [`Limits`] among the request's extensions replaces the defaults.
#[derive(Debug, Clone, Copy)]
pub struct ValidJson<T>(pub Valid<T>);

impl<T: Input, S: Sync> FromRequest<S> for ValidJson<T> {
    type Rejection = InputRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, InputRejection> {
        let (parts, body) = request.into_parts();
        let limits = parts.extensions.get::<Limits>().copied().unwrap_or_default();
        let read = async {
            check_json(&parts.headers)?;
            if let Some(RawBody(bytes)) = parts.extensions.get() {
                return validate_json(bytes, &limits);
            }
            check_identity(&parts.headers)?;
            let bytes = Collect::new(body, limits.bytes()).await?;
            validate_json(&bytes, &limits)
        };
        let read: Result<Valid<T>, Rejection> = read.await;
        read.map(Self).map_err(|rejection| InputRejection::new(rejection, &parts))
    }
}
