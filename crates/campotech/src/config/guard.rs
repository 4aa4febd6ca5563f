//! Guards of the path, and which of them only tell.

use std::fmt;

use campotech_core::Mode;

/// A guard of the path that may tell of what it would refuse, and refuse nothing. CORS is none: it never refuses a request here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// More connections of a network than there may be, floods of small HTTP/2 frames.
    Connections,
    /// Forged cross-site requests.
    Csrf,
    /// More requests at once than there may be.
    Overload,
    /// More requests of a client than its quotas allow.
    RateLimit,
    /// Bodies that are too large, too slow, or coded in a way that is not read.
    Payload,
    /// Malformed or hostile structure, and, where attacks are refused, those.
    Inspect,
    /// Handlers that take too long.
    Deadline,
}

/// The guards that only tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportOnly(Vec<Guard>);

impl Guard {
    /// All of them, as a request meets them.
    pub const ALL: [Self; 7] = [
        Self::Connections,
        Self::Csrf,
        Self::Overload,
        Self::RateLimit,
        Self::Payload,
        Self::Inspect,
        Self::Deadline,
    ];

    /// Its name, as the label `guard` of the metrics has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Csrf => "csrf",
            Self::Overload => "overload",
            Self::RateLimit => "rate_limit",
            Self::Payload => "payload",
            Self::Inspect => "inspect",
            Self::Deadline => "deadline",
        }
    }
}

impl ReportOnly {
    /// Names of guards with commas between them.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut guards = Vec::new();
        for name in list.split(',').map(str::trim) {
            let guard = Guard::ALL.into_iter().find(|guard| guard.as_str() == name);
            match guard {
                None => return Err(format!("holds what is none of {}", names(&Guard::ALL))),
                Some(guard) if guards.contains(&guard) => return Err("holds a guard twice".to_owned()),
                Some(guard) => guards.push(guard),
            }
        }
        Ok(Self(guards))
    }

    /// Whether all guards refuse.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `guard` does.
    #[must_use]
    pub fn mode(&self, guard: Guard) -> Mode {
        if self.0.contains(&guard) { Mode::ReportOnly } else { Mode::Enforce }
    }
}

impl fmt::Display for ReportOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&names(&self.0))
    }
}

fn names(guards: &[Guard]) -> String {
    guards.iter().map(|guard| guard.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_known_by_their_names_and_no_others() {
        let all =
            ReportOnly::parse("connections,csrf, overload ,rate_limit,payload,inspect,deadline").unwrap();
        assert!(Guard::ALL.iter().all(|guard| all.mode(*guard) == Mode::ReportOnly));
        let one = ReportOnly::parse("csrf").unwrap();
        assert_eq!((one.mode(Guard::Csrf), one.mode(Guard::Payload)), (Mode::ReportOnly, Mode::Enforce));
        assert_eq!(all.to_string(), "connections, csrf, overload, rate_limit, payload, inspect, deadline");
        for bad in ["", "csrf,", "CSRF", "csrf;payload", "cors", "csrf,csrf", "all"] {
            assert!(ReportOnly::parse(bad).is_err(), "{bad}");
        }
        assert!(ReportOnly::default().is_empty());
    }
}
