//! Keys made of two.

use super::{Key, KeyValue};
use crate::rate_limit::view::RequestView;

/// Two keys together, of [`Key::and`].
#[derive(Debug, Clone, Copy)]
pub struct Both<A, B> {
    first: A,
    second: B,
}

/// A key, or else another, of [`Key::or`].
#[derive(Debug, Clone, Copy)]
pub struct FirstOf<A, B> {
    first: A,
    second: B,
}

impl<A, B> Both<A, B> {
    pub(super) const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A, B> FirstOf<A, B> {
    pub(super) const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Key, B: Key> Key for Both<A, B> {
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue> {
        Some(self.first.key(request)?.with(self.second.key(request)?))
    }
}

impl<A: Key, B: Key> Key for FirstOf<A, B> {
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue> {
        self.first.key(request).or_else(|| self.second.key(request))
    }
}
