//! A work order, who may see it, and how it moves from open to done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A work order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// A UUIDv7.
    pub id: Uuid,
    /// Where it came from.
    pub kind: JobKind,
    /// Where it stands.
    pub status: JobStatus,
    /// One line.
    pub title: String,
    /// What is to be done.
    pub description: Option<String>,
    /// E.164.
    pub customer_phone: String,
    /// Address, normalised.
    pub customer_email: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// When the visit is planned.
    pub scheduled_at: Option<Timestamp>,
    /// Who has it; nobody = the shared inbox.
    pub owner: Option<Uuid>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What the caller knows about a job; every text is already validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// One line.
    pub title: String,
    /// What is to be done.
    pub description: Option<String>,
    /// E.164.
    pub customer_phone: String,
    /// Address, normalised.
    pub customer_email: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// When the visit is planned.
    pub scheduled_at: Option<Timestamp>,
}

/// Where a job came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Created through the API.
    Api,
    /// From a voice message.
    Voice,
    /// From a text message.
    Text,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Nobody works on it yet.
    Open,
    /// Somebody took it.
    Assigned,
    /// Somebody is at it.
    InProgress,
    /// Finished.
    Done,
    /// Will not be done.
    Cancelled,
}

/// How urgent a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// As it comes.
    #[default]
    Normal,
    /// Before the others.
    High,
    /// Now.
    Urgent,
}

/// A status that can't follow the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job can't go from {} to {}", from.as_str(), to.as_str())]
pub struct IllegalTransition {
    /// Where the job stands.
    pub from: JobStatus,
    /// Where it should have gone.
    pub to: JobStatus,
}

impl Job {
    /// A new open job with a fresh id; without an owner it goes to the shared inbox.
    #[must_use]
    pub fn new(kind: JobKind, owner: Option<Uuid>, new: NewJob, now: Timestamp) -> Self {
        let NewJob { title, description, customer_phone, customer_email, priority, scheduled_at } = new;
        Self {
            id: Uuid::now_v7(),
            kind,
            status: JobStatus::Open,
            title,
            description,
            customer_phone,
            customer_email,
            priority,
            scheduled_at,
            owner,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether `viewer` may know that this job exists: an own one, or one of the shared inbox.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Uuid) -> bool {
        self.owner.is_none_or(|owner| owner == viewer)
    }

    /// Moves the job on; who assigns it owns it. Returns whether anything changed: the status it
    /// already has is fine and changes nothing.
    ///
    /// # Errors
    /// [`IllegalTransition`] for a step that [`JobStatus::may_become`] refuses.
    pub fn move_to(
        &mut self,
        status: JobStatus,
        viewer: Uuid,
        now: Timestamp,
    ) -> Result<bool, IllegalTransition> {
        if self.status == status {
            return Ok(false);
        }
        if !self.status.may_become(status) {
            return Err(IllegalTransition { from: self.status, to: status });
        }
        if status == JobStatus::Assigned {
            self.owner = Some(viewer);
        }
        self.status = status;
        self.updated_at = now;
        Ok(true)
    }
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Api, Self::Voice, Self::Text];

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Voice => "voice",
            Self::Text => "text",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Priority {
    /// Every priority, the least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The priority of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }
}

impl JobStatus {
    /// Every status, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Open, Self::Assigned, Self::InProgress, Self::Done, Self::Cancelled];

    /// The name in JSON and in queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Open, assigned, in progress, done, one after the other; cancelled from any but done.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Open, Self::Assigned)
                | (Self::Assigned, Self::InProgress)
                | (Self::InProgress, Self::Done)
                | (Self::Open | Self::Assigned | Self::InProgress, Self::Cancelled)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(status: JobStatus, owner: Option<Uuid>) -> Job {
        let new = NewJob {
            title: "Leak".into(),
            description: None,
            customer_phone: "+5491123456789".into(),
            customer_email: None,
            priority: Priority::default(),
            scheduled_at: None,
        };
        Job { status, ..Job::new(JobKind::Api, owner, new, Timestamp::UNIX_EPOCH) }
    }

    /// Rows: from; columns: to, in the order of `JobStatus::ALL`. `=` no change, `+` fine, `.` refused.
    const TABLE: [&str; 5] = ["=+..+", ".=+.+", "..=++", "...=.", "....="];

    #[test]
    fn the_whole_table_of_transitions() {
        let (owner, later) = (Uuid::now_v7(), Timestamp::from_second(9).unwrap());
        for (from, row) in JobStatus::ALL.into_iter().zip(TABLE) {
            for (to, expected) in JobStatus::ALL.into_iter().zip(row.chars()) {
                let before = job(from, Some(owner));
                let mut after = before.clone();
                let outcome = after.move_to(to, owner, later);
                match expected {
                    '=' => assert_eq!((outcome, &after), (Ok(false), &before)),
                    '+' => {
                        assert_eq!(outcome, Ok(true), "{from:?} to {to:?}");
                        assert_eq!((after.status, after.updated_at), (to, later));
                    }
                    _ => {
                        assert_eq!(outcome, Err(IllegalTransition { from, to }));
                        assert_eq!(after, before, "a refused step changes nothing");
                    }
                }
            }
        }
    }

    #[test]
    fn who_assigns_a_job_of_the_inbox_owns_it() {
        let (ana, beto) = (Uuid::now_v7(), Uuid::now_v7());
        let mut job = job(JobStatus::Open, None);
        assert!(job.is_visible_to(ana) && job.is_visible_to(beto));
        job.move_to(JobStatus::Assigned, ana, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(job.owner, Some(ana));
        assert!(job.is_visible_to(ana) && !job.is_visible_to(beto));
    }

    #[test]
    fn names_in_json_are_the_names_of_the_contract() {
        for status in JobStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        let statuses = serde_json::to_value(JobStatus::ALL).unwrap();
        assert_eq!(statuses, serde_json::json!(["open", "assigned", "in_progress", "done", "cancelled"]));
        let kinds = serde_json::to_value(JobKind::ALL).unwrap();
        assert_eq!(kinds, serde_json::json!(["api", "voice", "text"]));
        assert_eq!(kinds, serde_json::json!(JobKind::ALL.map(JobKind::as_str)));
        let priorities = serde_json::to_value(Priority::ALL).unwrap();
        assert_eq!(priorities, serde_json::json!(["low", "normal", "high", "urgent"]));
        assert_eq!(priorities, serde_json::json!(Priority::ALL.map(Priority::as_str)));
    }
}
