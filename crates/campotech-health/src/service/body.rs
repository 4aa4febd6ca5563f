//! The body of an answer.

use campotech_core::{AnswerBody, NeverBody};

/// The body of a [`HealthService`](super::HealthService)'s answer: one piece, or nothing.
pub type HealthBody = AnswerBody<NeverBody>;
