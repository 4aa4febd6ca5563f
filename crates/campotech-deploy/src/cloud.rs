//! What a delivery sees of AWS, and what it may change there.

use std::time::Duration;

use serde_json::Value;

use crate::colour::{Colour, Weights};

/// Listeners whose weights a delivery owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// What clients ask.
    Production,
    /// What smoke tests ask first.
    Test,
}

/// A colour's service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// The revision that it is told to run.
    pub(crate) definition: String,
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
    /// More than one while tasks of an older revision are still there.
    pub(crate) deployments: usize,
    /// ECS gave up starting tasks of this revision.
    pub(crate) gave_up: bool,
}

/// A colour's target group, without those that are on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Targets {
    pub(crate) healthy: u32,
    pub(crate) others: u32,
}

/// A revision of the family.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    pub(crate) arn: String,
    /// What it takes to make it again, and nothing else.
    pub(crate) content: Value,
}

/// Alarms of one colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Alarms {
    /// Those in `ALARM`.
    pub(crate) loud: Vec<String>,
    /// Those that nobody made.
    pub(crate) missing: Vec<String>,
}

/// An answer to a smoke test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A call that did not work. A change may have been made all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The program is not there.
    #[error("can't run `{program}`: {why}")]
    NoProgram { program: String, why: String },
    /// AWS says no, or can't be reached.
    #[error("{call}: {why}")]
    Refused { call: String, why: String },
    /// No answer in time; it was killed.
    #[error("{call}: no answer within {within:?}")]
    TimedOut { call: String, within: Duration },
    /// An answer that is not what is documented.
    #[error("{call}: the answer has no {what}")]
    Answer { call: String, what: String },
    /// A listener that sends requests elsewhere, too.
    #[error("the {listener} listener does not forward to blue and green, and to nothing else")]
    NotTwoColours { listener: &'static str },
}

/// AWS.
pub(crate) trait Cloud {
    async fn weights(&self, listener: Listener) -> Result<Weights, CallError>;
    async fn set_weights(&self, listener: Listener, weights: Weights) -> Result<(), CallError>;
    async fn newest_definition(&self) -> Result<Definition, CallError>;
    async fn definition(&self, arn: &str) -> Result<Definition, CallError>;
    /// Makes a revision; its name.
    async fn register(&self, content: &Value) -> Result<String, CallError>;
    async fn service(&self, colour: Colour) -> Result<Service, CallError>;
    /// Begins a deployment of this revision.
    async fn start(&self, colour: Colour, definition: &str, count: u32) -> Result<(), CallError>;
    async fn scale(&self, colour: Colour, count: u32) -> Result<(), CallError>;
    async fn targets(&self, colour: Colour) -> Result<Targets, CallError>;
    async fn alarms(&self, colour: Colour) -> Result<Alarms, CallError>;
    /// Asks what is behind a listener; what went wrong, in words.
    async fn ask(&self, listener: Listener, path: &str) -> Result<Answer, String>;
    /// Commands that a person can type instead; a count of 0 leaves the tasks of `live` as they are.
    fn by_hand(&self, live: Colour, count: u32) -> Vec<String>;
}

impl Listener {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

impl Definition {
    /// What one of its containers runs.
    pub(crate) fn image(&self, container: &str) -> Option<&str> {
        containers(&self.content).find(|found| found["name"] == container)?["image"].as_str()
    }

    /// Its content with another image in that container, where it has one of that name.
    pub(crate) fn with_image(&self, container: &str, image: &str) -> Option<Value> {
        let mut content = self.content.clone();
        let containers = content["containerDefinitions"].as_array_mut()?;
        containers.iter_mut().find(|found| found["name"] == container)?["image"] = image.into();
        Some(content)
    }

    /// The name without the account.
    pub(crate) fn short(arn: &str) -> &str {
        arn.rsplit('/').next().unwrap_or(arn)
    }
}

fn containers(content: &Value) -> impl Iterator<Item = &Value> {
    content["containerDefinitions"].as_array().into_iter().flatten()
}
