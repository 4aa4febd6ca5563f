//! What the new colour has to answer before anybody is let in. Decisions only.

use serde_json::Value;

use crate::cloud::Answer;
use crate::values::Route;

/// The probes; the last one also says the version.
const PROBES: [&str; 3] = ["/live", "/ready", "/health"];

/// Questions, and what they have to be answered with.
#[derive(Debug, Clone)]
pub(crate) struct Smoke {
    routes: Vec<Route>,
    version: Option<String>,
}

impl Smoke {
    /// The probes and these routes.
    pub(crate) fn new(routes: &[Route], version: Option<String>) -> Self {
        let probes = PROBES.iter().map(|&path| Route { path: path.to_owned(), status: 200 });
        Self { routes: probes.chain(routes.iter().cloned()).collect(), version }
    }

    pub(crate) fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// What is wrong with an answer, if anything is.
    pub(crate) fn check(&self, route: &Route, answer: &Answer) -> Result<(), String> {
        let Route { path, status } = route;
        if answer.status != *status {
            return Err(format!("{path} answers {} instead of {status}", answer.status));
        }
        match &self.version {
            Some(wanted) if path == PROBES[2] => {
                let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
                match body["version"].as_str() {
                    Some(version) if version == wanted => Ok(()),
                    Some(version) => Err(format!("{path} says version {version} instead of {wanted}")),
                    None => Err(format!("{path} says no version")),
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: Option<&str>, path: &str, status: u16, body: &str) -> Result<(), String> {
        let smoke = Smoke::new(&["/api/v1/jobs=401".parse().unwrap()], version.map(str::to_owned));
        let route = smoke.routes().iter().find(|route| route.path == path).unwrap();
        smoke.check(route, &Answer { status, body: body.to_owned() })
    }

    #[test]
    fn statuses_are_what_is_expected() {
        assert_eq!(check(None, "/ready", 200, ""), Ok(()));
        assert_eq!(check(None, "/api/v1/jobs", 401, ""), Ok(()));
        assert_eq!(check(None, "/ready", 503, ""), Err("/ready answers 503 instead of 200".to_owned()));
        assert!(check(None, "/api/v1/jobs", 200, "").is_err());
    }

    #[test]
    fn the_version_is_the_expected_one() {
        assert_eq!(check(Some("1.2"), "/health", 200, r#"{"version":"1.2"}"#), Ok(()));
        assert_eq!(check(Some("1.2"), "/live", 200, ""), Ok(()));
        let old = check(Some("1.2"), "/health", 200, r#"{"version":"1.1"}"#);
        assert_eq!(old, Err("/health says version 1.1 instead of 1.2".to_owned()));
        for none in ["", "{}", "[1]"] {
            assert_eq!(check(Some("1.2"), "/health", 200, none), Err("/health says no version".to_owned()));
        }
    }
}
