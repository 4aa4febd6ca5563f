//! Whether the schema is as new as the service needs it.

use std::fmt;

use crate::{CheckResult, ConfigError, Reason};

/// Where a migration tool writes down what it did, and what has to be there. Its `Display` is a query.
#[derive(Debug, Clone)]
pub(super) struct Migrations {
    /// Quoted, with its schema if it was named.
    table: String,
    /// Quoted.
    column: String,
    at_least: i64,
}

impl Migrations {
    /// # Errors
    /// [`ConfigError::InvalidIdentifier`].
    pub(super) fn new(table: &str, column: &str, at_least: i64) -> Result<Self, ConfigError> {
        let quoted = |name: &str, setting| {
            if is_identifier(name) {
                Ok(format!("\"{name}\""))
            } else {
                Err(ConfigError::InvalidIdentifier { setting })
            }
        };
        let column = quoted(column, "the column of migrations")?;
        let table = match table.split_once('.') {
            None => quoted(table, "the table of migrations")?,
            Some((schema, table)) => {
                let schema = quoted(schema, "the schema of the table of migrations")?;
                format!("{schema}.{}", quoted(table, "the table of migrations")?)
            }
        };
        Ok(Self { table, column, at_least })
    }

    /// What the newest migration means; none for a table without rows.
    pub(super) fn judge(&self, newest: Option<&str>) -> CheckResult {
        match newest.map(str::parse::<i64>) {
            Some(Ok(newest)) if newest >= self.at_least => CheckResult::ok(),
            Some(Ok(newest)) => CheckResult::failed(Reason::StartingUp)
                .with_message(format_args!("the newest migration is {newest}, not {}", self.at_least)),
            Some(Err(_)) => CheckResult::failed(Reason::BadBody).with_message("a migration is no number"),
            None => CheckResult::failed(Reason::StartingUp).with_message("there is no migration"),
        }
    }
}

impl fmt::Display for Migrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some tools keep numbers as text, whose greatest is another one.
        write!(f, "SELECT max({}::bigint) FROM {}", self.column, self.table)
    }
}

/// Of what may stand between quotes in SQL only what can't be anything else.
fn is_identifier(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    starts && name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_and_nothing_else_is_taken() {
        let query = |table, column| Migrations::new(table, column, 1).map(|asked| asked.to_string());
        assert_eq!(
            query("_sqlx_migrations", "version").unwrap(),
            r#"SELECT max("version"::bigint) FROM "_sqlx_migrations""#
        );
        assert_eq!(query("app.Done", "Id").unwrap(), r#"SELECT max("Id"::bigint) FROM "app"."Done""#);
        let long = "a".repeat(64);
        for table in ["", "a.b.c", ".a", "a.", "1a", "a b", "a\"b", "a;b", "a'", "tablé", &long] {
            let error = query(table, "version").unwrap_err();
            assert!(matches!(error, ConfigError::InvalidIdentifier { .. }), "{table}");
        }
        assert_eq!(query("a", "b)--").unwrap_err().code(), "invalid_identifier");
    }

    proptest! {
        #[test]
        fn whatever_the_names_are_a_query_has_no_quote_too_many(table in ".{0,12}", column in ".{0,12}") {
            if let Ok(asked) = Migrations::new(&table, &column, 1) {
                let quotes = asked.to_string().matches('"').count();
                prop_assert_eq!(quotes, 4 + 2 * table.matches('.').count());
            }
        }
    }
}
