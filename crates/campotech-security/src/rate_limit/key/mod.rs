//! Whom a limit counts: a network, a user, an API key, or several of them together.

mod combined;
mod header;
mod network;
mod value;

pub use combined::{Both, FirstOf};
pub use header::HeaderKey;
pub use network::NetworkKey;
pub use value::KeyValue;

use super::view::RequestView;

/// Says whom a request is counted for.
///
/// A closure is one: `|request: &RequestView<'_>| request.extensions().get::<User>().map(|user| KeyValue::of(&user.id))`.
/// Without a key a request is refused, or [not counted](super::Tier::skip_without_key); never is it counted with others that
/// have none.
pub trait Key: Send + Sync + 'static {
    /// The key of `request`, if it has one.
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue>;

    /// This key and `other` together: a user on a network. Without either there is none.
    fn and<K: Key>(self, other: K) -> Both<Self, K>
    where
        Self: Sized,
    {
        Both::new(self, other)
    }

    /// This key, or `other` where a request doesn't have it: the user, or else the network.
    fn or<K: Key>(self, other: K) -> FirstOf<Self, K>
    where
        Self: Sized,
    {
        FirstOf::new(self, other)
    }
}

impl<F> Key for F
where
    F: Fn(&RequestView<'_>) -> Option<KeyValue> + Send + Sync + 'static,
{
    fn key(&self, request: &RequestView<'_>) -> Option<KeyValue> {
        self(request)
    }
}
