//! A broken rule and where it was broken.

use campotech_core::{Fault, FaultLocation, Language};

use super::Violation;

/// One fault of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    location: FaultLocation,
    violation: Violation,
}

impl Issue {
    /// The `violation` at `location`.
    #[must_use]
    pub const fn new(location: FaultLocation, violation: Violation) -> Self {
        Self { location, violation }
    }

    /// Where it is.
    #[must_use]
    pub const fn location(&self) -> &FaultLocation {
        &self.location
    }

    /// What is wrong.
    #[must_use]
    pub const fn violation(&self) -> &Violation {
        &self.violation
    }

    /// The code's name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.violation.code().name
    }

    /// As a member of a problem's `errors`.
    #[must_use]
    pub fn fault(&self, language: Language) -> Fault {
        Fault {
            location: self.location.clone(),
            code: self.code().into(),
            params: self.violation.params().clone(),
            detail: self.violation.text(language).into(),
        }
    }
}
