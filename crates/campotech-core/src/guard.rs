//! How a guard acts and what it reports.

/// Whether a guard acts on what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Refuse what is found to be wrong.
    #[default]
    Enforce,
    /// Let everything pass and report what would have been refused.
    ReportOnly,
}

/// What became of a request at a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It passed.
    Allowed,
    /// It was answered with a refusal.
    Refused,
    /// It passed, and under [`Mode::Enforce`] it would have been refused.
    Reported,
}

/// A guard's decision on one request. Every field is a closed label: no input ever gets in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The guard: `payload`, `cors`, `inspect` ...
    pub guard: &'static str,
    /// What became of the request.
    pub verdict: Verdict,
    /// Why, as a closed code; `ok` for what passed.
    pub reason: &'static str,
}

impl Mode {
    /// The verdict on a request that was found wrong.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Enforce => Verdict::Refused,
            Self::ReportOnly => Verdict::Reported,
        }
    }

    /// Whether a finding ends the request.
    #[must_use]
    pub const fn enforces(self) -> bool {
        matches!(self, Self::Enforce)
    }
}

impl Verdict {
    /// The label: `allowed`, `refused`, `reported`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Reported => "reported",
        }
    }
}

impl Decision {
    /// The decision that lets a request pass.
    #[must_use]
    pub const fn allowed(guard: &'static str) -> Self {
        Self { guard, verdict: Verdict::Allowed, reason: "ok" }
    }

    /// The decision on a finding, as `mode` has it.
    #[must_use]
    pub const fn found(guard: &'static str, mode: Mode, reason: &'static str) -> Self {
        Self { guard, verdict: mode.verdict(), reason }
    }
}
