//! What can go wrong on the way.

use std::time::Duration;

use crate::cloud::{CallError, Targets};
use crate::colour::{Colour, Weights};

/// Why a step did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{colour} was not healthy within {within:?}: {why}")]
    NotHealthy { colour: Colour, within: Duration, why: String },
    #[error("ECS gave up starting tasks of {0}")]
    GaveUp(Colour),
    #[error("{colour} was told to run something else in the meantime: {definition}")]
    Replaced { colour: Colour, definition: String },
    #[error("smoke tests of the {listener} listener did not pass within {within:?}: {why}")]
    Smoke { listener: &'static str, within: Duration, why: String },
    #[error("in ALARM: {}", .0.join(", "))]
    Alarm(Vec<String>),
    #[error("in ALARM for {within:?}, before anything was shifted: {}", names.join(", "))]
    NotQuiet { within: Duration, names: Vec<String> },
    #[error("nobody made the alarm {0}: there is nothing to watch")]
    NoAlarm(String),
    #[error("{colour} has no healthy target left ({} that are not)", targets.others)]
    NobodyLeft { colour: Colour, targets: Targets },
    #[error("somebody else set the weights of the production listener: {found} instead of {wanted}")]
    Meddled { found: Weights, wanted: Weights },
    #[error("{0}")]
    Stopped(&'static str),
}
