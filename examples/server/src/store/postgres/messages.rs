//! Messages that came in: each is kept with its id, so that a repeated one changes nothing.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::Json;

use super::database::Database;
use super::outbox::queue_name;
use crate::domain::InboundMessage;
use crate::store::{Accepted, StoreError};

/// In the order of their ids, so that two deliveries of the same messages wait for each other and don't deadlock.
const ACCEPT: &str = "with given as ( \
       select * from unnest($1::text[], $2::text[], $3::json[]) as given (id, queue, message)), \
     new as ( \
       insert into messages (id, message, received_at) select id, message, $4 from given order by id \
       on conflict (id) do nothing returning id) \
     insert into outbox (message_id, queue, enqueued_at, due_at) \
       select id, queue, $4, $4 from given join new using (id) order by id \
       returning message_id";
const FORGET: &str = "delete from messages where id in ( \
       select id from messages where finished_at < $1 order by finished_at limit $2 for update skip locked)";

/// How long the id of a finished message is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn accept(
    database: &Database,
    messages: &[InboundMessage],
    now: Timestamp,
) -> Result<Vec<Accepted>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let mut once = BTreeMap::new();
    for message in messages {
        once.entry(message.id.as_str()).or_insert(message);
    }
    let ids: Vec<&str> = once.keys().copied().collect();
    let queues: Vec<&str> = once.values().map(|message| queue_name(message.queue())).collect();
    let bodies: Vec<Json<&InboundMessage>> = once.values().map(|message| Json(*message)).collect();
    let rows = database.query(ACCEPT, &[&ids, &queues, &bodies, &now]).await?;
    let mut new = HashSet::new();
    for row in &rows {
        new.insert(row.try_get::<_, &str>(0)?);
    }
    // Of one that is there twice in the same delivery, the first is new.
    let outcome = |message: &InboundMessage| {
        if new.remove(message.id.as_str()) { Accepted::New } else { Accepted::Duplicate }
    };
    Ok(messages.iter().map(outcome).collect())
}

/// Forgets up to `limit` messages that were finished long ago. Those still queued or given up stay.
pub(super) async fn forget_old(database: &Database, limit: i64, now: Timestamp) -> Result<usize, StoreError> {
    let before = now.checked_sub(KEPT).unwrap_or(Timestamp::UNIX_EPOCH);
    let gone = database.connection().await?.execute(FORGET, &[&before, &limit]).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}
