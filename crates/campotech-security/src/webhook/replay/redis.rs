//! A replay store that several replicas share through Redis or Valkey.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use fred::clients::WithOptions;
use fred::interfaces::ClientLike;
use fred::types::config::Options;
use fred::types::{CustomCommand, Value};
use fred::util::{redis_keyslot, static_str};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::store::{Claim, ReplayFault, ReplayStore, Ticket};
use crate::ConfigError;

/// Remembers requests in Redis or Valkey; `C` is fred's client or pool, connected by whoever built it.
///
/// A claim is one `SET key holder NX PX`, sent once, for two minutes at most; only what was taken stays for the whole window.
/// One that is not answered by the deadline is a [`ReplayFault::Unavailable`], and given back, so that the sender's next try is
/// taken. Where that fails, or the request goes away while it waits, the next try is taken once those minutes are over. Keys are
/// `<prefix>:<64 hexadecimal digits>` and end by themselves. Settling and giving back happen beside the request, in a task of
/// their own.
///
/// Redis must not evict (`maxmemory-policy noeviction`): what it forgets early can be replayed.
///
/// # Defaults
/// Keys under `campotech:webhook`, a deadline of 250 ms.
#[derive(Clone)]
pub struct RedisReplays<C: ClientLike> {
    quick: WithOptions<C>,
    patient: WithOptions<C>,
    client: C,
    prefix: String,
    deadline: Duration,
}

const PREFIX: &str = "campotech:webhook";
const LONGEST_PREFIX: usize = 128;
const DEADLINE: Duration = Duration::from_millis(250);
const LONGEST_DEADLINE: Duration = Duration::from_secs(5);
/// For what no request waits for.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request was taken. No holder is written so.
const SETTLED: &str = "settled";
/// Gives back a claim that is still one's own.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

impl<C: ClientLike + 'static> RedisReplays<C> {
    /// Remembers by `client`.
    #[must_use]
    pub fn new(client: C) -> Self {
        Self {
            quick: with_timeout(&client, DEADLINE),
            patient: with_timeout(&client, PATIENCE),
            client,
            prefix: PREFIX.to_owned(),
            deadline: DEADLINE,
        }
    }

    /// Puts another prefix in front of all keys: one for each sender.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is not 1 to 128 visible ASCII characters.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Result<Self, ConfigError> {
        self.prefix = prefix.into();
        let fine = self.prefix.bytes().all(|byte| byte.is_ascii_graphic());
        if fine && (1..=LONGEST_PREFIX).contains(&self.prefix.len()) {
            Ok(self)
        } else {
            Err(ConfigError::Range("the prefix of keys", "1 to 128 visible ASCII characters"))
        }
    }

    /// Waits so long for the answer to a claim.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is not from 1 ms to 5 s.
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        if !(Duration::from_millis(1)..=LONGEST_DEADLINE).contains(&deadline) {
            return Err(ConfigError::Range("the deadline of a claim", "1 ms to 5 s"));
        }
        self.deadline = deadline;
        self.quick = with_timeout(&self.client, deadline);
        Ok(self)
    }

    fn key(&self, ticket: Ticket) -> String {
        format!("{}:{}", self.prefix, ticket.key)
    }

    /// Sends what no request waits for. Outside a runtime nobody can: then the claim ends by itself.
    fn aside(&self, name: &'static str, key: String, line: Vec<Value>) {
        if let Ok(runtime) = Handle::try_current() {
            let client = self.patient.clone();
            runtime.spawn(async move {
                let _ = client.custom::<Value, _>(command(name, &key), line).await;
            });
        }
    }
}

impl<C: ClientLike + 'static> ReplayStore for RedisReplays<C> {
    type Claiming = Pin<Box<dyn Future<Output = Result<Claim, ReplayFault>> + Send>>;

    fn claim(&self, ticket: Ticket, window: Duration) -> Self::Claiming {
        let store = self.clone();
        // fred knows the deadline and doesn't send what is late; the second one is for a fred that forgot.
        Box::pin(async move {
            let asked = timeout(2 * store.deadline, store.ask(ticket, window)).await;
            let answer = asked.ok().and_then(Result::ok).ok_or(ReplayFault::Unavailable);
            if answer.is_err() {
                // It may have been set all the same.
                store.release(ticket);
            }
            answer
        })
    }

    fn settle(&self, ticket: Ticket, window: Duration) {
        let key = self.key(ticket);
        let line =
            vec![key.clone().into(), static_str(SETTLED).into(), static_str("PX").into(), millis(window)];
        self.aside("SET", key, line);
    }

    fn release(&self, ticket: Ticket) {
        let key = self.key(ticket);
        let line = vec![static_str(RELEASE).into(), 1.into(), key.clone().into(), holder(ticket)];
        self.aside("EVAL", key, line);
    }
}

impl<C: ClientLike + 'static> RedisReplays<C> {
    async fn ask(&self, ticket: Ticket, window: Duration) -> Result<Claim, fred::error::Error> {
        let key = self.key(ticket);
        let [nx, px] = ["NX", "PX"].map(|word| static_str(word).into());
        let line = vec![key.clone().into(), holder(ticket), nx, px, millis(window)];
        if self.quick.custom::<Option<String>, _>(command("SET", &key), line).await?.is_some() {
            return Ok(Claim::Fresh);
        }
        let line = vec![Value::from(key.clone())];
        let held = self.quick.custom::<Option<String>, _>(command("GET", &key), line).await?;
        Ok(if held.as_deref() == Some(SETTLED) { Claim::Settled } else { Claim::UnderWay })
    }
}

// Without the client, whose configuration may hold a password.
impl<C: ClientLike> fmt::Debug for RedisReplays<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RedisReplays");
        shown.field("prefix", &self.prefix).field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Never a second attempt: the first may have been the one that set it.
fn with_timeout<C: ClientLike>(client: &C, timeout: Duration) -> WithOptions<C> {
    let once =
        Options { max_attempts: Some(1), fail_fast: true, timeout: Some(timeout), ..Options::default() };
    client.with_options(&once)
}

// fred's own commands don't all heed `with_options` (fred#353); a custom one does.
fn command(name: &'static str, key: &str) -> CustomCommand {
    CustomCommand::new_static(name, redis_keyslot(key.as_bytes()), false)
}

fn holder(ticket: Ticket) -> Value {
    format!("{:016x}", ticket.holder).into()
}

fn millis(window: Duration) -> Value {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1).into()
}
