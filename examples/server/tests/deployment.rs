//! What is written for those who run the server names what the server has.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

use std::collections::BTreeSet;

use campotech::config::PLATFORM_VARIABLES;
use campotech_server::config::SERVER_VARIABLES;

const COMPOSE: &str = include_str!("../../../infrastructure/compose.yaml");
const RUNNING: &str = include_str!("../../../docs/guides/running.md");

/// Every word that looks like one of our variables.
fn variables(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    words.filter(|word| word.starts_with("CAMPOTECH_") || word.ends_with("_URL")).collect()
}

/// The lines of a service, without those of the next.
fn service(name: &str) -> Vec<&'static str> {
    let start = format!("  {name}:");
    let lines = COMPOSE.lines().skip_while(|line| *line != start).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with("    ")).collect()
}

#[test]
fn every_variable_that_is_named_exists() {
    let known: BTreeSet<_> =
        PLATFORM_VARIABLES.iter().chain(SERVER_VARIABLES).map(|variable| variable.name).collect();
    // Other services have variables of their own.
    for text in [service("server").join("\n"), RUNNING.to_owned()] {
        let named = variables(&text);
        assert!(named.contains("DATABASE_URL") && named.contains("REDIS_URL"));
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

#[test]
fn each_service_waits_for_the_health_of_those_before_it() {
    for name in ["postgres", "redis", "server"] {
        let lines = service(name);
        assert!(lines.contains(&"    healthcheck:"), "{name} has no health check");
        assert!(lines.iter().any(|line| line.trim_start().starts_with("test: [\"CMD\"")), "{name}");
    }
    let server = service("server");
    for name in ["postgres", "redis"] {
        let at = server.iter().position(|line| line.trim() == format!("{name}:")).unwrap();
        assert_eq!(server[at + 1].trim(), "condition: service_healthy");
    }
}

#[test]
fn compose_holds_no_secret() {
    for line in COMPOSE.lines().filter(|line| line.contains("PASSWORD") || line.contains("SECRET")) {
        let value = line.split_once(": ").map_or("", |(_, value)| value);
        let elsewhere = value.contains("${") || value.starts_with("/run/secrets/");
        assert!(value.is_empty() || elsewhere, "{line}");
    }
}
