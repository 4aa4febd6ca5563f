//! The scripts, and how they are called.

use bytes::Bytes;
use fred::error::Error;
use fred::interfaces::ClientLike;
use fred::types::{CustomCommand, FromValue, Value};
use fred::util::{redis_keyslot, sha1_hash, static_str};

/// A script and the name the server has it by.
#[derive(Debug, Clone)]
pub(super) struct Script {
    source: &'static str,
    sha1: Bytes,
}

/// Keys and arguments for a script.
#[derive(Debug)]
pub(super) struct Call {
    slot: u16,
    line: Vec<Value>,
}

pub(super) const DECIDE: &str = include_str!("decide.lua");
pub(super) const GIVE_BACK: &str = include_str!("give_back.lua");
pub(super) const BEAT: &str = include_str!("beat.lua");

impl Script {
    pub(super) fn new(source: &'static str) -> Self {
        Self { source, sha1: sha1_hash(source).into() }
    }

    /// Calls it by its name, and with its text where the server doesn't know it.
    pub(super) async fn call<C: ClientLike, R: FromValue>(
        &self,
        client: &C,
        call: &Call,
    ) -> Result<R, Error> {
        match client.custom(call.command("EVALSHA"), call.line(self.sha1.clone().into())).await {
            Err(error) if error.details().starts_with("NOSCRIPT") => {
                client.custom(call.command("EVAL"), call.line(static_str(self.source).into())).await
            }
            answer => answer,
        }
    }
}

impl Call {
    /// All `keys` are in one slot.
    pub(super) fn new(keys: impl IntoIterator<Item = String>, args: impl IntoIterator<Item = Value>) -> Self {
        let mut call = Self { slot: 0, line: vec![Value::Null, Value::Null] };
        for key in keys {
            call.slot = redis_keyslot(key.as_bytes());
            call.line.push(key.into());
        }
        let count = call.line.len() - 2;
        call.line[1] = i64::try_from(count).unwrap_or(0).into();
        call.line.extend(args);
        call
    }

    // fred's own `evalsha` ignores what `with_options` says (fred#353); a custom command doesn't.
    fn command(&self, name: &'static str) -> CustomCommand {
        CustomCommand::new_static(name, self.slot, false)
    }

    fn line(&self, script: Value) -> Vec<Value> {
        let mut line = self.line.clone();
        line[0] = script;
        line
    }
}
