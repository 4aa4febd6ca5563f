//! Server processes that end with the test, however it ends. Linux only: processes are found in `/proc`.

mod account;
mod guard;
mod home;
mod port;
mod program;
mod secret;
mod server;
mod tree;

pub(crate) use account::Account;
pub(crate) use home::write_private;
pub(crate) use port::Port;
pub(crate) use program::{Program, newest};
pub(crate) use secret::secret;
pub(crate) use server::{DEADLINE, POLL, Server, StartError};
