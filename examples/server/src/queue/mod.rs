//! What happens to a message after it was accepted: a worker turns it into a job.
//!
//! In one process the outbox of the store is the queue. With Redis a [`Relay`] hands the outbox over to a
//! [`StreamQueue`], and the workers of all replicas take from there. Delivery is at least once, the effect exactly
//! once: a message ends in the store, in one transaction with its job, whoever worked on it how often.

mod events;
mod handler;
mod housekeeping;
mod pause;
mod relay;
mod retry;
mod source;
mod streams;
#[cfg(test)]
mod tests;
mod worker;

pub use events::{NoEvents, Outcome, WorkerEvents};
pub use handler::{Handled, HandlerError, MessageHandler, MessageToJob};
pub use housekeeping::housekeeping;
pub use relay::Relay;
pub use streams::{StreamFault, StreamQueue};
pub use worker::Worker;
