//! [`ValidateLayer`]: JSON bodies validated in front of any service, whatever the framework.
//!
//! It takes the payload layer's [`RawBody`](campotech_core::RawBody) where there is one, and otherwise reads the body up
//! to its limit. What is right goes on as a request extension `Arc<Valid<T>>`, with the body as it came; what is wrong
//! is answered here, in the request's language.
//!
//! ```
//! use std::sync::Arc;
//! use campotech_validate::{input, PlainText, Valid, ValidateLayer};
//! use tower_layer::Layer as _;
//! # use bytes::Bytes;
//! # use http::{Request, Response};
//! # use http_body_util::Full;
//! # use tower::{service_fn, ServiceExt as _};
//!
//! input! {
//!     /// A note.
//!     pub struct Note { pub text: PlainText<80> }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let handler = service_fn(|request: Request<_>| async move {
//!     # let request: Request<campotech_validate::layer::ValidateBody<Full<Bytes>>> = request;
//!     let note = request.extensions().get::<Arc<Valid<Note>>>().unwrap();
//!     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(note.text.to_string())))
//! });
//! let service = ValidateLayer::<Note>::new().layer(handler);
//! let request = Request::post("/notes")
//!     .header("content-type", "application/json")
//!     .body(Full::from(r#"{"text": ""}"#))
//!     .unwrap();
//! assert_eq!(service.oneshot(request).await.unwrap().status(), 422);
//! # }
//! ```

mod body;
mod builder;
pub(crate) mod collect;
mod future;
mod service;

pub use body::ValidateBody;
pub use builder::ValidateLayer;
pub use future::ValidateFuture;
pub use service::ValidateService;
