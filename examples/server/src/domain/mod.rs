//! What the service is about: users, jobs, customers and the messages that arrive. No HTTP, no storage.

mod customer;
mod job;
mod message;
mod session;
mod time;
mod user;

pub use customer::{Customer, NewCustomer};
pub use job::{IllegalTransition, Job, JobKind, JobStatus, NewJob, Priority};
pub use message::{InboundMessage, InvalidMessage, MessageContent, MessageId, QueueName, WaId};
pub use session::{SESSION_LIFETIME, Session, TokenHash};
pub use time::{timestamp, wall_now};
pub use user::User;
