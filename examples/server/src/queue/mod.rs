//! What happens to a message after it was accepted: a worker turns it into a job.

mod events;
mod handler;
mod housekeeping;
mod retry;
mod worker;

pub use events::{NoEvents, Outcome, WorkerEvents};
pub use handler::{Handled, HandlerError, MessageHandler, MessageToJob};
pub use housekeeping::housekeeping;
pub use worker::Worker;
