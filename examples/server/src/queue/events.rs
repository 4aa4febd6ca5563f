//! What the worker tells the rest of the program: metrics and live events hang on it.

use std::fmt;
use std::time::Duration;

use crate::domain::{Job, JobKind};

/// Listens to the worker. Called on the worker's task, after the commit: be quick, don't block.
pub trait WorkerEvents: fmt::Debug + Send + Sync + 'static {
    /// A message has become a job.
    fn job_created(&self, job: &Job) {
        let _ = job;
    }

    /// One attempt at a message that would become a job of `kind` has ended.
    fn processed(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        let _ = (kind, outcome, took);
    }

    /// The attempt was at a voice message; told beside [`processed`](Self::processed).
    fn voice(&self, outcome: Outcome) {
        let _ = outcome;
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The job is there.
    Done,
    /// Given up: the message is a dead letter.
    Failed,
    /// It will be tried again.
    Retried,
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvents;

impl WorkerEvents for NoEvents {}
