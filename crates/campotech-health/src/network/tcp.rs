//! Connects to a port.

use std::time::Duration;

use tokio::time::Instant;

use super::host_of;
use crate::bounds::not_zero;
use crate::dial::Host;
use crate::link::slow;
use crate::{Check, CheckResult, ConfigError};

/// Connects to a host and port, and closes at once: for a server whose protocol no other check speaks.
///
/// Of several addresses the first one that takes the connection counts, and each gets its share of the time. A server
/// that is frozen still takes connections: the kernel does it for it.
///
/// ```
/// use campotech_health::{Check, Health, TcpCheck};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mail = TcpCheck::new("mail", "smtp.internal", 25)?;
/// let health = Health::builder("jobs-api", "1.4.2").check(mail.degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// 500 ms for name resolution and connecting; more than 250 ms is slow.
#[derive(Debug)]
#[must_use]
pub struct TcpCheck {
    name: String,
    host: Host,
    port: u16,
    timeout: Duration,
    slow: Duration,
}

impl TcpCheck {
    /// Connects to `port` of `host`, a name or an address.
    ///
    /// # Errors
    /// [`ConfigError::InvalidAddress`] for what is no host, such as a URL or a host with its port, and for port 0.
    pub fn new(name: impl Into<String>, host: &str, port: u16) -> Result<Self, ConfigError> {
        let name = name.into();
        let host = host_of(&name, host)?;
        if port == 0 {
            return Err(ConfigError::InvalidAddress { name, problem: "has port 0" });
        }
        Ok(Self { name, host, port, timeout: Duration::from_millis(500), slow: Duration::from_millis(250) })
    }

    /// The time for name resolution and connecting.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = not_zero(timeout, "the connect timeout of a tcp check")?;
        Ok(self)
    }

    /// The time from which on a connection was slow.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_slow_after(mut self, limit: Duration) -> Result<Self, ConfigError> {
        self.slow = not_zero(limit, "the time from which on a tcp check is slow")?;
        Ok(self)
    }
}

impl Check for TcpCheck {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let started = Instant::now();
        match self.host.reach(self.port, self.timeout).await {
            Err(failure) => failure.into(),
            Ok(stream) => {
                let took = started.elapsed();
                drop(stream);
                if took > self.slow { slow(took) } else { CheckResult::ok() }
            }
        }
    }
}
