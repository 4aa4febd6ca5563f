//! The program as its users run it: a process on a free port with a data directory of its own.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test uses a part of it")]

mod ask;
mod backend;
mod events;
mod keep_alive;
mod messages;
mod output;
mod readme;
mod server;
mod table;
mod watch;

pub(crate) use ask::{Ask, problem};
pub(crate) use backend::{Backend, Kind, on_every_backend};
pub(crate) use events::{Socket, connect_events, next_event};
pub(crate) use keep_alive::KeepAlive;
pub(crate) use messages::{text_message, voice_message};
pub(crate) use output::Lines;
pub(crate) use readme::{README, block, masked};
pub(crate) use server::{Server, program, run};
pub(crate) use table::{Row, check, fault, items, row};
pub(crate) use watch::{Look, Watch};

pub(crate) const PASSWORD: &str = "una frase larga y tranquila";
