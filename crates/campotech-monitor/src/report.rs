//! What was checked, and what came of it.

/// Counts checks and says each as it ends.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    /// Notes a check: the figure it came to, or what is wrong, a line each.
    pub fn check(&mut self, what: &str, result: Result<String, Vec<String>>) {
        match result {
            Ok(figure) => {
                self.passed += 1;
                crate::say(&format!("ok      {what}: {figure}"));
            }
            Err(faults) => {
                self.failed += 1;
                crate::say(&format!("FAILED  {what}:"));
                for fault in faults {
                    crate::say(&format!("          {fault}"));
                }
            }
        }
    }

    /// Whether all passed.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// The closing line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}
