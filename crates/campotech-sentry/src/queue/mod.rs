//! The way out: a bounded queue, a thread that scrubs and sends, and a receiver that may be away.

mod http;
mod room;
mod transport;

pub(crate) use transport::QueueFactory;
