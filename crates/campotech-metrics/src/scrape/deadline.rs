//! How long a client waits.

use std::time::Duration;

use http::HeaderMap;

/// What Prometheus says, in seconds.
const TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// Where nobody says.
const DEFAULT: Duration = Duration::from_secs(10);

/// Nobody makes an answer of nothing but what is there already, and nobody is waited for longer.
const LEAST: f64 = 0.25;
const MOST: f64 = 60.0;

/// How long an answer may take; a tenth of the client's time is left for the way there.
pub(super) fn patience(headers: &HeaderMap) -> Duration {
    let said = headers.get(TIMEOUT).and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
    let said = said.filter(|seconds| *seconds > 0.0);
    said.map_or(DEFAULT, |seconds| Duration::from_secs_f64(seconds.clamp(LEAST, MOST))).mul_f64(0.9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_header_says_within_limits() {
        let patience = |said: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, said.parse().unwrap());
            patience(&headers).as_secs_f64()
        };
        for (said, seconds) in [("10", 9.0), ("2.5", 2.25), ("1e9", 54.0), ("inf", 54.0), ("0.001", 0.225)] {
            assert!((patience(said) - seconds).abs() < 1e-9, "{said}");
        }
        for bad in ["", "-1", "0", "NaN", "ten"] {
            assert!((patience(bad) - 9.0).abs() < 1e-9, "{bad}");
        }
    }
}
