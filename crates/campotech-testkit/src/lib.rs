#![doc = include_str!("../README.md")]
#![allow(clippy::unwrap_used, reason = "a probe that can't do its work fails the test that uses it")]

mod body;
mod hyper_server;
mod observer;
mod raw;

pub use body::{ScriptedBody, ScriptedError, Step};
pub use hyper_server::HyperServer;
pub use observer::RecordingObserver;
pub use raw::{RawConnection, RawResponse};
