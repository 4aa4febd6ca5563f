//! Walks a JSON value, so that a field nobody thought of is scrubbed like any other.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::keys::{is_denied, is_id};
use super::text::{FILTERED, scrub_text, scrub_up_to};

/// Deeper values are filtered whole: nobody reads them, and recursion has to end.
const DEEPEST: usize = 64;

/// What is kept of one text; Sentry itself cuts at half of it.
const LONGEST: usize = 16 * 1024;

/// Names at the top of an item that hold what we set ourselves.
const OURS: [&str; 8] =
    ["sdk", "release", "dist", "environment", "platform", "level", "timestamp", "start_timestamp"];

/// Scrubs `item`, an item of an envelope.
pub(super) fn scrub_value(item: &mut Value) {
    let Value::Object(fields) = item else { return walk(item, 0) };
    for (name, value) in fields.iter_mut() {
        if !OURS.contains(&name.as_str()) {
            field(name, value, 1);
        }
    }
}

/// A JSON document within a text, scrubbed; none where that changes nothing, or where it is none.
pub(super) fn scrub_inner(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    let before = value.clone();
    walk(&mut value, 1);
    (value != before).then(|| value.to_string())
}

/// A value with its name, such as a field of a log line: [`FILTERED`] where the name alone says that it has to be, else as
/// [`scrub_text`].
#[must_use]
pub fn scrub_field<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if is_id(name, value) {
        Cow::Borrowed(value)
    } else if is_denied(name) {
        Cow::Borrowed(FILTERED)
    } else {
        scrub_text(value)
    }
}

fn field(name: &str, value: &mut Value, depth: usize) {
    match value {
        Value::String(text) if is_id(name, text) => {}
        // `data` of the logs' attributes is an object of its own; its name decides, not its shape.
        _ if is_denied(name) && !value.is_null() => *value = filtered(value),
        _ => walk(value, depth),
    }
}

/// Keeps the type where the protocol may insist on one.
fn filtered(value: &Value) -> Value {
    match value {
        Value::Number(_) => 0.into(),
        Value::Bool(_) => false.into(),
        Value::Object(fields) if fields.contains_key("value") && fields.contains_key("type") => {
            serde_json::json!({"value": FILTERED, "type": "string"})
        }
        Value::Object(_) => Map::new().into(),
        Value::Array(_) => Vec::<Value>::new().into(),
        _ => FILTERED.into(),
    }
}

fn walk(value: &mut Value, depth: usize) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) => {
            if let Cow::Owned(clean) = scrub_up_to(text, LONGEST) {
                *text = clean;
            }
        }
        // A card, a phone or a CUIT may come as a number; fractions are measurements and times.
        Value::Number(number) => {
            if number.is_u64() && scrub_text(&number.to_string()) == FILTERED {
                *value = 0.into();
            }
        }
        _ if depth >= DEEPEST => *value = FILTERED.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, depth + 1)),
        Value::Object(fields) => {
            if fields.keys().any(|name| matches!(scrub_text(name), Cow::Owned(_))) {
                let renamed: Map<String, Value> = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (scrub_text(&name).into_owned(), value))
                    .collect();
                *fields = renamed;
            }
            for (name, value) in fields.iter_mut() {
                field(name, value, depth + 1);
            }
        }
    }
}
