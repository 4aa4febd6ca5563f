//! `Reporting-Endpoints` (W3C Reporting API): where browsers send what they have to report.

use http::HeaderValue;

use super::csp::is_token;
use crate::ConfigError;

/// Where reports of a policy go: a name for `report-to`, and a path or an https address.
///
/// Browsers send reports to a [`ReportSink`](crate::reports::ReportSink) some time later, and only from pages that came over https.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ReportingEndpoint {
    name: String,
    url: String,
}

impl ReportingEndpoint {
    /// An endpoint such as `csp` at `/api/v1/reports` or `https://reports.example.com/csp`.
    ///
    /// # Errors
    /// [`ConfigError::Endpoint`] for a name that is none (a lower-case letter, then `a-z 0-9 _ -`), and for what is neither an absolute path
    /// nor an https address.
    pub fn new(name: &str, url: &str) -> Result<Self, ConfigError> {
        let key = is_token(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
        let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
        let address = url.starts_with('/') && !url.starts_with("//")
            || url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
        // A quote or a backslash would end the string or escape what follows.
        let plain = url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
        if key && lower && address && plain {
            Ok(Self { name: name.to_owned(), url: url.to_owned() })
        } else {
            Err(ConfigError::Endpoint(format!("{name}={url}")))
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As a dictionary of structured fields (RFC 9651).
    pub(super) fn value(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{}=\"{}\"", self.name, self.url)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_checked() {
        let endpoint = ReportingEndpoint::new("csp", "/api/v1/reports").unwrap();
        assert_eq!(endpoint.value().unwrap(), "csp=\"/api/v1/reports\"");
        assert!(ReportingEndpoint::new("csp_2-b", "https://reports.example.com/csp?a=b").is_ok());
        for (name, url) in [
            ("", "/r"),
            ("1", "/r"),
            ("Csp", "/r"),
            ("cSp", "/r"),
            ("a.b", "/r"),
            ("csp", ""),
            ("csp", "reports"),
            ("csp", "//other.example/r"),
            ("csp", "http://a.example/r"),
            ("csp", "https://"),
            ("csp", "/r\", x=\"/y"),
            ("csp", "/r\\"),
            ("csp", "/r s"),
            ("csp", "/ñ"),
        ] {
            assert_eq!(ReportingEndpoint::new(name, url).unwrap_err().code(), "endpoint", "{name}={url}");
        }
    }
}
