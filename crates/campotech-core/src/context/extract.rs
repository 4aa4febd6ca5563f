//! Who asks, and which request it is, as arguments of axum's handlers.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::identity::{ClientIp, RequestId};
use crate::problem::{Problem, kinds};

/// As [`ClientIp::of`]; without one, the client-ip layer is missing, and the answer is 500 `internal`.
impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions).ok_or_else(|| Problem::new(&kinds::INTERNAL))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// As [`RequestId::of`]; without one, the request-id layer is missing, and the answer is 500 `internal`.
impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions).cloned().ok_or_else(|| Problem::new(&kinds::INTERNAL))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(&parts.extensions).cloned())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[tokio::test]
    async fn what_a_layer_has_found_out_is_an_argument() {
        let client = ClientIp::new([203, 0, 113, 7].into(), false);
        let (mut parts, ()) = Request::new(()).into_parts();
        let missing = <ClientIp as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(missing.map_err(|problem| problem.kind().code()), Err("internal"));
        let Ok(missing) =
            <RequestId as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(missing, None);
        parts.extensions.insert(client);
        let found = <ClientIp as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(found.ok(), Some(client));
        let Ok(found) = <ClientIp as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert_eq!(found, Some(client));
    }
}
