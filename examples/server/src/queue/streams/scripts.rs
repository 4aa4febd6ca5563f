//! The scripts, each an atomic step on the keys of one hash slot.

use fred::types::scripts::Script;

/// Every step of the queue.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) publish: Script,
    pub(super) take: Script,
    pub(super) settle: Script,
    pub(super) hold: Script,
    pub(super) sweep: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            publish: Script::from_lua(include_str!("publish.lua")),
            take: Script::from_lua(include_str!("take.lua")),
            settle: Script::from_lua(include_str!("settle.lua")),
            hold: Script::from_lua(include_str!("hold.lua")),
            sweep: Script::from_lua(include_str!("sweep.lua")),
        }
    }
}
