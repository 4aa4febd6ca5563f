//! The stream as relay and worker use it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::types::scripts::Script;
use fred::types::{FromValue, Value};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing::Instrument;
use uuid::Uuid;

use super::scripts::Scripts;
use crate::domain::InboundMessage;
use crate::store::QueueEntry;
use crate::telemetry::command;

/// Entries in the stream at most; what is more waits in the outbox.
const LONGEST: usize = 1_000;
/// An entry that nobody said to be at for so long was left lying.
const STALLED: Duration = Duration::from_secs(15);
/// How soon an entry that was given back is lent again.
const SOON: Duration = Duration::from_secs(1);
/// fred does not apply its own deadline to scripts.
const SCRIPT: Duration = Duration::from_secs(2);

/// The queue of all replicas; a clone is a handle on the same one.
#[derive(Clone)]
pub struct StreamQueue(Arc<Parts>);

struct Parts {
    client: Client,
    scripts: Scripts,
    stream: String,
    published: String,
    consumer: String,
    arrivals: Notify,
    fault: AtomicU8,
}

/// What ends or returns an entry that was lent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipt {
    id: String,
    entry: u64,
    generation: String,
    /// How often it was lent, this time included.
    pub(crate) times: u32,
}

/// Why Redis did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
#[non_exhaustive]
pub enum StreamFault {
    /// Not there, or gone half-way.
    #[error("unreachable")]
    Unreachable = 1,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Credentials or rights that Redis does not accept.
    #[error("access denied")]
    Denied,
    /// No memory left (`noeviction`).
    #[error("out of memory")]
    Full,
    /// A replica, or a primary that may not write.
    #[error("read-only")]
    ReadOnly,
    /// Loading its data, or busy with somebody's script.
    #[error("loading")]
    Loading,
    /// Our keys hold what is not ours, or another refusal.
    #[error("refused")]
    Refused,
}

/// An entry on its way through the stream.
#[derive(Serialize, Deserialize)]
struct Payload<M> {
    message: M,
    enqueued_at: Timestamp,
    failures: u32,
}

const GROUP: &str = "workers";

impl StreamQueue {
    /// How often a worker says that it is still at an entry: some of these may fail.
    pub(crate) const STILL: Duration = Duration::from_secs(4);

    /// The queue of the service `prefix`, through `client`.
    #[must_use]
    pub fn new(client: Client, prefix: &str) -> Self {
        // The braces put both keys into one slot of a cluster.
        let key = |what: &str| format!("{{{prefix}:queue}}:{what}");
        Self(Arc::new(Parts {
            client,
            scripts: Scripts::new(),
            stream: key("stream"),
            published: key("published"),
            consumer: Uuid::now_v7().simple().to_string(),
            arrivals: Notify::new(),
            fault: AtomicU8::new(0),
        }))
    }

    /// What was wrong with the last step, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<StreamFault> {
        StreamFault::of_code(self.0.fault.load(Ordering::Relaxed))
    }

    /// Puts entries in that are not there yet. How many more would fit, and which of these are in now.
    pub(crate) async fn publish(&self, entries: &[QueueEntry]) -> Result<(usize, Vec<bool>), StreamFault> {
        let mut args = vec![Value::from(LONGEST.to_string()), GROUP.into()];
        for entry in entries {
            let QueueEntry { message, enqueued_at, failures, .. } = entry;
            let payload = Payload { message, enqueued_at: *enqueued_at, failures: *failures };
            let payload = serde_json::to_string(&payload).map_err(|_| StreamFault::Refused)?;
            args.extend([entry.id.to_string().into(), generation(entry).into(), payload.into()]);
        }
        let keys = vec![self.0.stream.clone(), self.0.published.clone()];
        let answer: Vec<i64> = self.run(&self.0.scripts.publish, keys, args).await?;
        let (free, there) = answer.split_first().ok_or(StreamFault::Refused)?;
        let there: Vec<bool> = there.iter().map(|there| *there == 1).collect();
        if there.contains(&true) {
            self.0.arrivals.notify_one();
        }
        Ok((usize::try_from(*free).unwrap_or(0), there))
    }

    /// Waits until something was put in here; what others put in is found by looking.
    pub(crate) async fn arrived(&self) {
        self.0.arrivals.notified().await;
    }

    /// Borrows up to `limit` entries.
    pub(crate) async fn take(&self, limit: usize) -> Result<Vec<(QueueEntry, Receipt)>, StreamFault> {
        let args = vec![
            Value::from(GROUP),
            self.0.consumer.clone().into(),
            limit.to_string().into(),
            STALLED.as_millis().to_string().into(),
        ];
        let texts: Vec<String> = self.run(&self.0.scripts.take, vec![self.0.stream.clone()], args).await?;
        let mut lent = Vec::new();
        for fields in texts.chunks_exact(5) {
            match read(fields) {
                Some(entry) => lent.push(entry),
                None => {
                    tracing::error!(id = fields[0], "an entry of the stream is none of ours and is removed");
                    let receipt = Receipt { id: fields[0].clone(), ..Receipt::default() };
                    self.settle(&receipt).await?;
                }
            }
        }
        Ok(lent)
    }

    /// Ends an entry that the store has dealt with.
    pub(crate) async fn settle(&self, receipt: &Receipt) -> Result<(), StreamFault> {
        let args = vec![
            Value::from(GROUP),
            receipt.id.clone().into(),
            receipt.entry.to_string().into(),
            receipt.generation.clone().into(),
        ];
        let keys = vec![self.0.stream.clone(), self.0.published.clone()];
        self.run::<i64>(&self.0.scripts.settle, keys, args).await.map(drop)
    }

    /// Gives an entry back whose end could not be stored; it was not the message's fault.
    pub(crate) async fn give_back(&self, receipt: &Receipt) -> Result<(), StreamFault> {
        self.hold(receipt, STALLED.saturating_sub(SOON), Some(receipt.times.saturating_sub(1))).await
    }

    /// Says that an entry is still being worked on; to be said again within [`STILL`](Self::STILL).
    pub(crate) async fn touch(&self, receipt: &Receipt) -> Result<(), StreamFault> {
        self.hold(receipt, Duration::ZERO, None).await
    }

    async fn hold(&self, receipt: &Receipt, idle: Duration, times: Option<u32>) -> Result<(), StreamFault> {
        let mut args = vec![
            Value::from(GROUP),
            self.0.consumer.clone().into(),
            receipt.id.clone().into(),
            idle.as_millis().to_string().into(),
        ];
        args.extend(times.map(|times| Value::from(times.to_string())));
        self.run::<i64>(&self.0.scripts.hold, vec![self.0.stream.clone()], args).await.map(drop)
    }

    /// Removes what replicas that are long gone left behind in the group. How many that were.
    pub(crate) async fn sweep(&self, gone_after: Duration) -> Result<i64, StreamFault> {
        let args = vec![Value::from(GROUP), gone_after.as_millis().to_string().into()];
        self.run(&self.0.scripts.sweep, vec![self.0.stream.clone()], args).await
    }

    async fn run<T: FromValue>(
        &self,
        script: &Script,
        keys: Vec<String>,
        args: Vec<Value>,
    ) -> Result<T, StreamFault> {
        let evaluated = script.evalsha_with_reload(&self.0.client, keys, args).instrument(command("EVALSHA"));
        let answer = timeout(SCRIPT, evaluated).await;
        let outcome = match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(StreamFault::of(&error)),
            Err(_) => Err(StreamFault::Timeout),
        };
        let code = outcome.as_ref().err().map_or(0, |fault| *fault as u8);
        if self.0.fault.swap(code, Ordering::Relaxed) != code && code != 0 {
            tracing::warn!(fault = %StreamFault::of_code(code).unwrap_or(StreamFault::Refused), "the queue in Redis does not work");
        }
        outcome
    }
}

impl StreamFault {
    const ALL: [Self; 7] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Denied,
        Self::Full,
        Self::ReadOnly,
        Self::Loading,
        Self::Refused,
    ];

    fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| *fault as u8 == code)
    }

    fn of(error: &Error) -> Self {
        let word = error.details().split([' ', ':']).next().unwrap_or_default();
        match (error.kind(), word) {
            (ErrorKind::Auth, _) | (_, "NOAUTH" | "WRONGPASS" | "NOPERM") => Self::Denied,
            (_, "OOM") => Self::Full,
            (_, "READONLY" | "MISCONF" | "NOREPLICAS") => Self::ReadOnly,
            (_, "LOADING" | "BUSY") => Self::Loading,
            (_, "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN") => Self::Unreachable,
            (ErrorKind::Timeout, _) => Self::Timeout,
            (
                ErrorKind::IO
                | ErrorKind::Canceled
                | ErrorKind::Cluster
                | ErrorKind::Routing
                | ErrorKind::Sentinel
                | ErrorKind::Tls
                | ErrorKind::Backpressure,
                _,
            ) => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}

/// What tells an entry from another one of the same number: which handing-over it is, and of which message. Numbers start
/// anew with another database, and Redis may remember those of the last one.
fn generation(entry: &QueueEntry) -> String {
    let digest = Sha256::digest(entry.message.id.as_str().as_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digest}", entry.deliveries)
}

fn read(fields: &[String]) -> Option<(QueueEntry, Receipt)> {
    let [id, times, entry, generation, payload] = fields else { return None };
    let entry = entry.parse().ok()?;
    let deliveries = generation.split('-').next()?.parse().ok()?;
    let Payload { message, enqueued_at, failures } =
        serde_json::from_str::<Payload<InboundMessage>>(payload).ok()?;
    let receipt =
        Receipt { id: id.clone(), entry, generation: generation.clone(), times: times.parse().ok()? };
    Some((QueueEntry { id: entry, message, failures, deliveries, enqueued_at }, receipt))
}

impl fmt::Debug for StreamQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamQueue").field("fault", &self.fault()).finish_non_exhaustive()
    }
}
