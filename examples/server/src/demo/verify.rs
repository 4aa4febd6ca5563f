//! Asks for everything that was acknowledged, and sends every message once more.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::client::{Answer, Client};
use super::journal::{Acknowledged, Journal};
use super::technician::text;
use super::{DemoError, Stage, whatsapp};
use crate::secrets::WebhookSecrets;

/// Prints what was found; an error where anything is missing or there twice.
pub(crate) async fn run(
    stage: &Stage,
    path: &Path,
    secrets: Option<&WebhookSecrets>,
) -> Result<(), DemoError> {
    let facts = Journal::read(path).map_err(|e| DemoError(format!("{}: {e}", path.display())))?;
    let mut asker = Asker { stage, host: 100, asked: 0 };
    let mut token = None;
    let (mut missing, mut found) = (Vec::new(), 0_usize);
    let mut messages: Vec<(&str, &str, &str)> = Vec::new();
    let mut latest: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for fact in &facts {
        let (here, name) = match fact {
            Acknowledged::Token { token: t } => {
                token = Some(t.as_str());
                (asker.get(t, "/api/v1/jobs?limit=1").await?.status == StatusCode::OK, "a token".to_owned())
            }
            Acknowledged::Job { id, token } => (
                asker.get(token, &format!("/api/v1/jobs/{id}")).await?.status == StatusCode::OK,
                format!("job {id}"),
            ),
            Acknowledged::Customer { id, token } => {
                let answer = asker.get(token, &format!("/api/v1/customers/{id}")).await?;
                (answer.status == StatusCode::OK, format!("customer {id}"))
            }
            Acknowledged::Status { id, status, token } => {
                latest.insert(id, (status, token));
                continue;
            }
            Acknowledged::Message { mark, kind, payload } => {
                messages.push((mark, kind, payload));
                continue;
            }
        };
        if here { found += 1 } else { missing.push(name) }
    }
    for (id, (status, token)) in latest {
        // The answer to a later change may have been lost with the server, so a later status is right too.
        let order = ["open", "assigned", "in_progress", "done"];
        let rank = |s: &str| order.iter().position(|o| *o == s);
        let answer = asker.get(token, &format!("/api/v1/jobs/{id}")).await?;
        let now = text(&answer.body, "status");
        if rank(&now) >= rank(status) { found += 1 } else { missing.push(format!("job {id} as {status}")) }
    }
    let (lost, twice) = match (token, messages.is_empty()) {
        (Some(token), false) => check_messages(&mut asker, token, &messages, secrets).await?,
        _ => (0, 0),
    };
    let total = found + missing.len() + messages.len();
    crate::say!(
        "verified {} of {total} acknowledged facts ({} messages sent again, {twice} jobs twice)",
        total - missing.len() - lost,
        messages.len()
    );
    match (missing.first(), lost, twice) {
        (None, 0, 0) => Ok(()),
        (Some(first), ..) => {
            Err(DemoError(format!("{} facts are missing, the first: {first}", missing.len())))
        }
        _ => Err(DemoError(format!("{lost} messages are lost, {twice} are there twice"))),
    }
}

async fn check_messages(
    asker: &mut Asker<'_>,
    token: &str,
    messages: &[(&str, &str, &str)],
    secrets: Option<&WebhookSecrets>,
) -> Result<(usize, usize), DemoError> {
    let secrets =
        secrets.ok_or_else(|| DemoError("the webhook secrets are needed to send messages again".into()))?;
    // The worker may still be at it after a restart.
    let deadline = Instant::now() + Duration::from_secs(30);
    let lost = loop {
        let inbox = inbox(asker, token).await?;
        let lost =
            messages.iter().filter(|(mark, kind, _)| !inbox.iter().any(|job| job.is(mark, kind))).count();
        if lost == 0 || Instant::now() > deadline {
            break lost;
        }
        sleep(Duration::from_millis(500)).await;
    };
    let before = inbox(asker, token).await?.len();
    for (_, _, payload) in messages {
        let answer =
            whatsapp::send(&asker.client(), secrets, payload).await.map_err(|e| DemoError(e.to_string()))?;
        if answer.status != StatusCode::OK {
            return Err(DemoError(format!("a message sent again was answered {}", answer.status)));
        }
    }
    sleep(Duration::from_secs(2)).await;
    let after = inbox(asker, token).await?;
    let marks: HashSet<&str> = messages.iter().map(|(mark, ..)| *mark).collect();
    let carried = after.iter().filter(|job| marks.iter().any(|mark| job.text.contains(mark))).count();
    let twice = (after.len() - before.min(after.len())).max(carried.saturating_sub(messages.len() - lost));
    Ok((lost, twice))
}

/// Asks from many addresses, so that no quota is in the way of a long record.
struct Asker<'a> {
    stage: &'a Stage,
    host: u8,
    asked: u32,
}

impl Asker<'_> {
    fn client(&mut self) -> Client {
        self.asked += 1;
        if self.asked.is_multiple_of(50) {
            self.host = if self.host == 250 { 100 } else { self.host + 1 };
        }
        self.stage.client(self.host)
    }

    async fn get(&mut self, token: &str, path: &str) -> Result<Answer, DemoError> {
        for _ in 0..5 {
            let answer = self.client().get_as(token, path).await.map_err(|e| DemoError(e.to_string()))?;
            if answer.status != StatusCode::TOO_MANY_REQUESTS {
                return Ok(answer);
            }
            self.host = if self.host == 250 { 100 } else { self.host + 1 };
        }
        Err(DemoError("the server limits every address".into()))
    }
}

struct InboxJob {
    kind: String,
    text: String,
}

impl InboxJob {
    fn is(&self, mark: &str, kind: &str) -> bool {
        self.kind == kind && self.text.contains(mark)
    }
}

async fn inbox(asker: &mut Asker<'_>, token: &str) -> Result<Vec<InboxJob>, DemoError> {
    let mut jobs = Vec::new();
    let mut path = "/api/v1/jobs?limit=100".to_owned();
    loop {
        let answer = asker.get(token, &path).await?;
        if answer.status != StatusCode::OK {
            return Err(DemoError(format!("the list of jobs was answered {}", answer.status)));
        }
        for job in answer.body.get("items").and_then(Value::as_array).into_iter().flatten() {
            let kind = text(job, "kind");
            if kind != "api" {
                jobs.push(InboxJob {
                    kind,
                    text: format!("{} {}", text(job, "title"), text(job, "description")),
                });
            }
        }
        match answer.body.get("next").and_then(Value::as_str) {
            Some(next) => path = format!("/api/v1/jobs?limit=100&cursor={next}"),
            None => return Ok(jobs),
        }
    }
}
