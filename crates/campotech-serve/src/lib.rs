#![doc = include_str!("../README.md")]

mod accept;
mod connection;
mod descriptors;
mod error;
mod networks;
mod proxy;
mod seats;
mod server;
mod settings;
mod shutdown;
mod stats;
#[cfg(feature = "tls")]
mod tls;

pub use connection::{BodyError, ClientBody};
pub use error::{ConfigError, ServeError};
pub use networks::Networks;
pub use proxy::ProxyProtocol;
pub use server::Server;
pub use shutdown::{DrainReport, Shutdown, Trigger, shutdown_pair};
pub use stats::{ServeSnapshot, ServeStats};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};
