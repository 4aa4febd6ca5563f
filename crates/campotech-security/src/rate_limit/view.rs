//! What keys, costs and conditions see of a request.

use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request without its body.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'r> {
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
    extensions: &'r Extensions,
}

impl<'r> RequestView<'r> {
    /// Of `request`.
    #[must_use]
    pub fn of<B>(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// Its method.
    #[must_use]
    pub const fn method(&self) -> &'r Method {
        self.method
    }

    /// Its target.
    #[must_use]
    pub const fn uri(&self) -> &'r Uri {
        self.uri
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> &'r HeaderMap {
        self.headers
    }

    /// What layers further out know of it.
    #[must_use]
    pub const fn extensions(&self) -> &'r Extensions {
        self.extensions
    }
}
