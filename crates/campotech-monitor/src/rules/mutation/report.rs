//! What became of the changes.

use std::fmt;
use std::time::Duration;

/// A change that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// Whose.
    pub alert: String,
    /// What was changed.
    pub change: String,
}

/// What became of the changes.
#[derive(Debug, Clone)]
pub struct Report {
    /// The alerts whose tests ran.
    pub alerts: usize,
    /// The changes that were tried.
    pub mutants: usize,
    /// Those that no test noticed, in the order of the rules.
    pub survivors: Vec<Survivor>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether every change was noticed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.survivors.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let killed = self.mutants - self.survivors.len();
        let (alerts, mutants, seconds) = (self.alerts, self.mutants, self.took.as_secs());
        write!(f, "{killed} of {mutants} changes of {alerts} alerts were noticed, in {seconds} s")?;
        for Survivor { alert, change } in &self.survivors {
            write!(f, "\n{alert}: no test in tests/{alert}.yml notices {change}")?;
        }
        Ok(())
    }
}
