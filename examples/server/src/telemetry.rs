//! Spans of what is asked of PostgreSQL and Redis, named by the OpenTelemetry conventions for databases; never values.

use tracing::field::Empty;
use tracing::{Span, info_span};

/// The target of these spans. Log lines leave it out; traces don't.
macro_rules! target {
    () => {
        "telemetry"
    };
}

/// A statement of PostgreSQL. Its text is fixed at compile time, and only its verb and its table are told.
pub(crate) fn statement(sql: &str) -> Span {
    let span = info_span!(
        target: target!(),
        "statement",
        sentry.op = "db",
        sentry.name = Empty,
        db.system.name = "postgresql",
        db.operation.name = Empty,
        db.collection.name = Empty,
    );
    if !span.is_disabled() {
        let (operation, table) = verb_and_table(sql);
        span.record("db.operation.name", &operation);
        match table {
            Some(table) => {
                span.record("db.collection.name", table);
                span.record("sentry.name", format!("{operation} {table}"));
            }
            None => {
                span.record("sentry.name", &operation);
            }
        }
    }
    span
}

/// A command of Redis.
pub(crate) fn command(name: &'static str) -> Span {
    info_span!(
        target: target!(),
        "command",
        sentry.op = "db",
        sentry.name = name,
        db.system.name = "redis",
        db.operation.name = name,
    )
}

/// The work on one message, a transaction of its own.
pub(crate) fn message() -> Span {
    info_span!(target: target!(), "message", sentry.op = "queue.process", sentry.name = "message")
}

fn verb_and_table(sql: &str) -> (String, Option<&str>) {
    let words = || {
        sql.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter(|word| !word.is_empty())
    };
    let main = |word: &&str| {
        ["select", "insert", "update", "delete"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
    };
    let operation = words().find(main).or_else(|| words().next()).unwrap_or_default().to_uppercase();
    let before = |word: &&str| ["from", "into", "update"].iter().any(|name| word.eq_ignore_ascii_case(name));
    // Behind `from` may stand a bracket with a statement of its own.
    let pairs = words().zip(words().skip(1));
    let table = pairs
        .filter(|(name, _)| before(name))
        .map(|(_, word)| word)
        .find(|word| !main(word) && !before(word));
    (operation, table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_tells_its_verb_and_its_table() {
        for (sql, operation, table) in [
            ("select id from jobs where owner = $1", "SELECT", Some("jobs")),
            ("insert into users (id) values ($1)", "INSERT", Some("users")),
            ("update jobs set status = $2", "UPDATE", Some("jobs")),
            ("delete from sessions where expires_at < $1", "DELETE", Some("sessions")),
            (
                "select * from ((select id from jobs) union all (select id from jobs)) both",
                "SELECT",
                Some("jobs"),
            ),
            ("commit", "COMMIT", None),
            ("", "", None),
        ] {
            assert_eq!(verb_and_table(sql), (operation.to_owned(), table), "{sql}");
        }
    }
}
