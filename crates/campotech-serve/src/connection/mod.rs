//! One connection: its socket, its clock, its requests, and the future that drives them.

mod answers;
mod chunk;
mod drive;
mod frames;
mod io;
mod request;
mod state;
mod streams;

pub(crate) use drive::{Connection, Ended};
pub(crate) use streams::StreamExecutor;
