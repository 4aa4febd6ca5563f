//! A value that went through validation.

use std::ops::Deref;

/// A `T` that was read from outside and found right; only validation makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Valid<T>(T);

impl<T> Valid<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
