//! When the other side's certificate ends.

use std::time::{Duration, SystemTime};

use tokio_rustls::rustls::ClientConnection;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::{CheckResult, ComponentStatus, Measure, Reason};

/// When a certificate ends, since the Unix epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expiry(Duration);

impl Expiry {
    /// That of the certificate that the other side showed; nothing for one that can't be read.
    pub(super) fn of_peer(session: &ClientConnection) -> Option<Self> {
        Self::of(session.peer_certificates()?.first()?)
    }

    fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        Some(Self(certificate.tbs_certificate.validity.not_after.to_unix_duration()))
    }

    pub(super) fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// Adds the end to a result, which it makes worse where less than `warning` is left and all else is fine.
    pub(super) fn judge(self, result: CheckResult, warning: Duration) -> CheckResult {
        let left = self.left();
        let result = if left < warning && result.status() == ComponentStatus::Healthy {
            let hours = left.as_secs() / 3600;
            CheckResult::degraded(Reason::TlsExpiring)
                .with_message(format_args!("the certificate ends in {hours} hours"))
        } else {
            result
        };
        result.with_measure(Measure::CertificateExpiry, self.0.as_secs_f64())
    }

    fn left(self) -> Duration {
        // A clock before 1970 is not to be believed anyway.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.0.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn until(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, month, day);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_of_its_encodings() {
        // Years from 2050 on are written with four digits.
        for (year, seconds) in [(2049, 2_493_072_000.0), (2060, 2_840_140_800.0)] {
            let expiry = Expiry::of(&until(year, 1, 1)).unwrap();
            assert!(!expiry.has_passed());
            let result = expiry.judge(CheckResult::ok(), Duration::ZERO);
            assert_eq!(result, CheckResult::ok().with_measure(Measure::CertificateExpiry, seconds));
        }
    }

    #[test]
    fn a_near_end_makes_fine_what_is_fine_no_more() {
        let judge = |result, warning| {
            let result = Expiry::of(&until(2001, 1, 1)).unwrap().judge(result, warning);
            assert_eq!(result.measures().get(Measure::CertificateExpiry), Some(978_307_200.0));
            (result.status(), result.reason())
        };
        let second = Duration::from_secs(1);
        assert_eq!(judge(CheckResult::ok(), second), (ComponentStatus::Degraded, Reason::TlsExpiring));
        assert_eq!(judge(CheckResult::ok(), Duration::ZERO), (ComponentStatus::Healthy, Reason::Ok));
        let failed = CheckResult::failed(Reason::BadStatus);
        assert_eq!(judge(failed, second), (ComponentStatus::Unhealthy, Reason::BadStatus));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(at in 0..600_usize, byte in any::<u8>(), length in 0..700_usize) {
            let mut certificate = until(2049, 1, 1);
            let at = at % certificate.len();
            certificate[at] = byte;
            certificate.truncate(length);
            let _ = Expiry::of(&certificate).map(Expiry::left);
        }
    }
}
