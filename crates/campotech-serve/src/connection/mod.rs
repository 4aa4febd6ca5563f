//! One connection: its socket, its clock, its requests, and the future that drives them.

mod answers;
mod body;
mod chunk;
mod drive;
mod flood;
mod frames;
mod io;
mod open;
mod protocol_error;
mod refusal;
mod request;
mod state;
mod streams;
mod transport;

pub use body::{BodyError, ClientBody};
pub(crate) use drive::{Connection, Ended};
pub(crate) use state::State;
pub(crate) use streams::StreamExecutor;
