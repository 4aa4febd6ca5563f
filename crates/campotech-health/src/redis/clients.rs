//! The service's own clients: whether each of them gets an answer.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::Value;
use fred::types::config::Options;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::link::Failure;
use crate::{CheckResult, Reason};

/// Sends `PING` over all of them at once, none of which is queued or tried again. Tells what is wrong with the first one
/// that gets no answer, and how many there are.
pub(super) async fn ask(clients: &[Client], limit: Duration) -> Option<CheckResult> {
    let mut pings = JoinSet::new();
    for (index, client) in clients.iter().cloned().enumerate() {
        pings.spawn(async move { (index, ping(&client, limit).await) });
    }
    let mut failures = Vec::new();
    while let Some(ping) = pings.join_next().await {
        match ping {
            Ok((_, Ok(()))) => {}
            Ok((index, Err(failure))) => failures.push((index, failure)),
            Err(error) => failures.push((0, Failure::new(Reason::Internal, error.to_string()))),
        }
    }
    let number = failures.len();
    let (_, first) = failures.into_iter().min_by_key(|(index, _)| *index)?;
    let message = format!("{number} of {} clients: {}", clients.len(), first.message);
    Some(CheckResult::degraded(first.reason).with_message(message))
}

async fn ping(client: &Client, limit: Duration) -> Result<(), Failure> {
    let client = client.with_options(&Options {
        timeout: Some(limit),
        fail_fast: true,
        max_attempts: Some(1),
        ..Options::default()
    });
    match timeout(limit, client.ping::<Value>(None)).await {
        Ok(answer) => Ok(answer.map(drop)?),
        Err(_) => Err(Failure::new(Reason::Timeout, "no answer in time")),
    }
}
