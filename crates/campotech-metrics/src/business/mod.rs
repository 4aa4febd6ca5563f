//! What the service does for people: jobs, voice messages, queues, WebSocket connections.

mod families;
mod labels;
mod websocket;

pub(crate) use families::Business;
pub use labels::{JobKind, Outcome, Queue, QueueState};
pub use websocket::WebSocketGuard;
