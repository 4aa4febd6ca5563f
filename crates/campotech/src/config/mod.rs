//! Configuration from the environment: declared variables, typed values, one line per fault.

mod env;
mod guard;
mod secret;
mod settings;
mod values;
mod variables;

pub use crate::otlp::OTLP_VARIABLES;
pub use env::{ConfigFault, ConfigFaults, Effective, Env, Origin, Variable};
pub use guard::{Guard, ReportOnly};
pub use secret::Secret;
pub use settings::{DetectionMode, ExternalCheck, LogFormat, Settings, TlsPaths};
pub use values::{count, duration, size, socket_addr, text};
pub use variables::PLATFORM_VARIABLES;
