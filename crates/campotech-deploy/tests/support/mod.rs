//! A world on a real `moto_server`, and the program at work in it.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unused_imports,
    reason = "a helper that can't do its work fails its test; no test uses all"
)]

mod api;
mod program;
mod site;
mod smoke;
mod tools;
mod world;

pub(crate) use api::Api;
pub(crate) use program::{Ended, Program, aws};
pub(crate) use site::{Site, Tests};
pub(crate) use smoke::SmokeServer;
pub(crate) use tools::tool;
pub(crate) use world::{Colour, Setup, TASKS, World, image};
