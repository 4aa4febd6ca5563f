//! A schema while it is put together.

use serde_json::{Map, Value, json};

/// One schema: keywords and what they say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema(Map<String, Value>);

impl Schema {
    /// What everything is.
    #[must_use]
    pub fn any() -> Self {
        Self(Map::new())
    }

    /// A `type` of JSON Schema.
    #[must_use]
    pub fn of_type(name: &str) -> Self {
        Self::any().with("type", name)
    }

    /// A text.
    #[must_use]
    pub fn string() -> Self {
        Self::of_type("string")
    }

    /// Sets a keyword.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: impl Into<Value>) -> Self {
        self.0.insert(keyword.to_owned(), value.into());
        self
    }

    /// Takes `null`, too.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        match self.0.get("type") {
            Some(Value::String(name)) => {
                let both = json!([name, "null"]);
                self.with("type", both)
            }
            Some(_) => self,
            None if self.0.is_empty() => self,
            None => Self::any().with("anyOf", json!([std::mem::take(&mut self.0), {"type": "null"}])),
        }
    }

    /// Takes what it takes but `null`: a parameter can't be that.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        match (self.0.get("type"), self.0.get("anyOf")) {
            (Some(Value::Array(names)), _) => {
                let name = names.iter().find(|name| *name != "null").cloned().unwrap_or_default();
                self.with("type", name)
            }
            (None, Some(Value::Array(options)))
                if options.len() == 2 && options[1] == json!({"type": "null"}) =>
            {
                let Some(Value::Object(option)) = options.first().cloned() else { return self };
                self.0.remove("anyOf");
                self.0.extend(option);
                self
            }
            _ => self,
        }
    }

    /// What a keyword says.
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<&Value> {
        self.0.get(keyword)
    }

    /// The `type`, whether or not it may be `null`, too.
    pub(super) fn kind(&self) -> &str {
        let kind = match self.0.get("type") {
            Some(Value::Array(names)) => names.first(),
            other => other,
        };
        kind.and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) const fn keywords(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }
}

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        Self::Object(schema.0)
    }
}
