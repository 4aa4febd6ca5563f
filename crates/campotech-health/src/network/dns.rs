//! Resolves a name.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::host_of;
use crate::bounds::not_zero;
use crate::dial::Host;
use crate::link::slow;
use crate::{Check, CheckResult, ConfigError, Reason};

/// Resolves a name by the system's resolver, as the service's own connections do.
///
/// There is never more than one lookup: while one hangs, each run is a timeout. An address resolves without asking.
///
/// ```
/// use campotech_health::{Check, DnsCheck, Health};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dns = DnsCheck::new("dns", "db.internal")?;
/// let health = Health::builder("jobs-api", "1.4.2").check(dns.degrading()).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Defaults
/// 900 ms in all; more than 500 ms is slow.
#[derive(Debug)]
#[must_use]
pub struct DnsCheck {
    name: String,
    host: Host,
    timeout: Duration,
    slow: Duration,
}

impl DnsCheck {
    /// Resolves `host`, a name or an address.
    ///
    /// # Errors
    /// [`ConfigError::InvalidAddress`] for what is no host, such as a URL.
    pub fn new(name: impl Into<String>, host: &str) -> Result<Self, ConfigError> {
        let name = name.into();
        let host = host_of(&name, host)?;
        Ok(Self { name, host, timeout: Duration::from_millis(900), slow: Duration::from_millis(500) })
    }

    /// The time for a lookup; the deadline of a run in [`HealthBuilder`](crate::HealthBuilder) holds too.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_timeout(mut self, timeout: Duration) -> Result<Self, ConfigError> {
        self.timeout = not_zero(timeout, "the timeout of a dns check")?;
        Ok(self)
    }

    /// The time from which on a lookup was slow.
    ///
    /// # Errors
    /// [`ConfigError::ZeroDuration`].
    pub fn with_slow_after(mut self, limit: Duration) -> Result<Self, ConfigError> {
        self.slow = not_zero(limit, "the time from which on a dns check is slow")?;
        Ok(self)
    }
}

impl Check for DnsCheck {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self) -> CheckResult {
        let started = Instant::now();
        match timeout(self.timeout, self.host.addresses(0)).await {
            Err(_) => CheckResult::failed(Reason::Timeout).with_message("no addresses in time"),
            Ok(Err(failure)) => failure.into(),
            Ok(Ok(_)) if started.elapsed() > self.slow => slow(started.elapsed()),
            Ok(Ok(_)) => CheckResult::ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use campotech_core::ComponentStatus;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn a_resolver_that_hangs_is_a_timeout_each_time_and_asked_once() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        fn hang(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
            CALLS.fetch_add(1, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
        let host = Host::resolving("db.internal", hang);
        let check = DnsCheck { host, ..DnsCheck::new("dns", "db.internal").unwrap() };
        let check = check.with_timeout(Duration::from_millis(20)).unwrap();
        for _ in 0..50 {
            let result = check.run().await;
            assert_eq!((result.status(), result.reason()), (ComponentStatus::Unhealthy, Reason::Timeout));
            // Its thread may begin later than the run ends.
            while CALLS.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    }
}
