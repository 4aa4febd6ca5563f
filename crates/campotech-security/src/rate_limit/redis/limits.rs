//! The settings of the driver.

use std::fmt;
use std::time::Duration;

use fred::interfaces::ClientLike;

use super::driver;
use crate::ConfigError;
use crate::rate_limit::shared::SharedLimits;

/// Lets replicas share their tiers through Redis or Valkey; `C` is fred's client or pool.
///
/// # Defaults
/// Keys under `campotech:limit`, a deadline of 50 ms.
#[must_use = "it does nothing until it is started"]
pub struct RedisLimits<C> {
    client: C,
    prefix: String,
    deadline: Duration,
}

const PREFIX: &str = "campotech:limit";
const LONGEST_PREFIX: usize = 128;
/// Ten times what a decision takes on a network that is well, and little beside a request that it delays once.
const DEADLINE: Duration = Duration::from_millis(50);
const LONGEST_DEADLINE: Duration = Duration::from_secs(1);

impl<C: ClientLike + 'static> RedisLimits<C> {
    /// Decides by `client`, which somebody else connects.
    pub fn new(client: C) -> Self {
        Self { client, prefix: PREFIX.to_owned(), deadline: DEADLINE }
    }

    /// Puts another prefix in front of all keys: what has the same prefix shares the same quotas.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is not 1 to 128 visible ASCII characters, or has a brace, which would be
    /// a cluster's hash tag.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Result<Self, ConfigError> {
        self.prefix = prefix.into();
        let fine = |b: u8| b.is_ascii_graphic() && !matches!(b, b'{' | b'}');
        if (1..=LONGEST_PREFIX).contains(&self.prefix.len()) && self.prefix.bytes().all(fine) {
            Ok(self)
        } else {
            Err(ConfigError::Range("the prefix of keys", "1 to 128 visible ASCII characters, no braces"))
        }
    }

    /// Waits so long for a decision, then lets this replica's share decide.
    ///
    /// # Errors
    /// [`ConfigError::Range`] where it is not from 1 ms to 1 s.
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        self.deadline = deadline;
        if (Duration::from_millis(1)..=LONGEST_DEADLINE).contains(&deadline) {
            Ok(self)
        } else {
            Err(ConfigError::Range("the deadline of a shared decision", "1 ms to 1 s"))
        }
    }

    /// Starts the driver, which ends when the last layer with these limits is gone.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    #[must_use]
    pub fn start(self) -> SharedLimits {
        let (shared, questions) = SharedLimits::channel(self.deadline);
        // A little before the layers would, so that it is the driver that finds out, and no layer asks once more.
        let patience = self.deadline * 9 / 10;
        tokio::spawn(driver::drive(self.client, self.prefix, patience, questions));
        shared
    }
}

// fred's clients may show how they connect.
impl<C> fmt::Debug for RedisLimits<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimits")
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
