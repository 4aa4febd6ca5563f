//! One broken rule, wherever it was broken.

use std::fmt;

use campotech_core::Language;
use serde_json::{Map, Value};

use super::Code;

/// A broken rule: its code and the limits that were crossed.
///
/// Parameters are what the rule says, never what the client sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    code: &'static Code,
    params: Map<String, Value>,
}

impl Violation {
    /// A violation of `code`.
    #[must_use]
    pub fn new(code: &'static Code) -> Self {
        Self { code, params: Map::new() }
    }

    /// Adds a parameter, such as `max`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        self.code
    }

    /// The parameters.
    #[must_use]
    pub const fn params(&self) -> &Map<String, Value> {
        &self.params
    }

    /// The text in `language`, with the parameters in their places.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = self.code.text.get(language).to_owned();
        for (name, value) in &self.params {
            let place = format!("{{{name}}}");
            if text.contains(&place) {
                text = text.replace(&place, &shown(value));
            }
        }
        text
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

impl From<&'static Code> for Violation {
    fn from(code: &'static Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name, self.text(Language::En))
    }
}

impl std::error::Error for Violation {}
