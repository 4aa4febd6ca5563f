//! axum extractors: what they hand out is valid, what they refuse is a problem in the request's language.

mod form;
mod headers;
mod json;
mod path;
mod query;
mod rejection;

pub use form::{ValidForm, ValidMultipart};
pub use headers::ValidHeaders;
pub use json::ValidJson;
pub use path::ValidPath;
pub use query::ValidQuery;
pub use rejection::InputRejection;

/// The value is the only field, and it is all that one wants of an extractor.
macro_rules! derefs_to_valid {
    ($($name:ident),*) => { $(
        impl<T> std::ops::Deref for $name<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }
    )* };
}

derefs_to_valid!(ValidForm, ValidHeaders, ValidJson, ValidMultipart, ValidPath, ValidQuery);
