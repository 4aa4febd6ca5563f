//! Lines for machines: an object each, with the request's ids beside the message.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::escape::{LONGEST, Style};
use super::fields::{JsonPairs, Message, name, string};
use super::request::{RequestFields, is_request};

/// Keys of the line itself.
const OF_LINE: &[&str] =
    &["timestamp", "level", "target", "message", "request_id", "trace_id", "span_id", "client", "span"];
/// Keys of the object `span`.
const OF_SPAN: &[&str] = &["name"];

/// The lines.
#[derive(Debug)]
pub(super) struct JsonLines;

/// The fields of spans.
#[derive(Debug)]
pub(super) struct JsonFields;

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut pairs = JsonPairs::new(&mut writer, OF_SPAN, true);
        fields.record(&mut pairs);
        pairs.result
    }

    // A field that is recorded again replaces what it said before: a key stands in an object once.
    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut added = String::new();
        self.format_fields(Writer::new(&mut added), fields)?;
        if current.fields.is_empty() || added.is_empty() {
            current.fields.push_str(&added);
            return Ok(());
        }
        let both = format!("{{{},{added}}}", current.fields);
        let merged: Map<String, Value> = serde_json::from_str(&both).map_err(|_| fmt::Error)?;
        current.fields.clear();
        let mut left = LONGEST;
        for (key, value) in &merged {
            let comma = if current.fields.is_empty() { "" } else { "," };
            current.fields.push_str(comma);
            name(&mut current.fields, key)?;
            current.fields.push(':');
            match value {
                Value::String(text) => string(&mut current.fields, &mut left, format_args!("{text}"))?,
                other => write!(current.fields, "{other}")?,
            }
        }
        Ok(())
    }
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\",\"target\":", metadata.level())?;
        name(&mut writer, metadata.target())?;
        writer.write_str(",\"message\":\"")?;
        let mut message = Message::new(&mut writer, Style::Json);
        event.record(&mut message);
        message.result?;
        writer.write_char('"')?;
        let mut scope = context.event_scope().into_iter().flatten();
        if let Some(request) = scope.find(is_request) {
            fields(&mut writer, &request)?;
        } else if let Some(request) = RequestFields::current() {
            request.json(&mut writer)?;
        }
        let mut pairs = JsonPairs::new(&mut writer, OF_LINE, false);
        event.record(&mut pairs);
        pairs.result?;
        let mut scope = context.event_scope().into_iter().flatten();
        if let Some(span) = scope.next().filter(|span| !is_request(span)) {
            writer.write_str(",\"span\":{\"name\":")?;
            name(&mut writer, span.name())?;
            fields(&mut writer, &span)?;
            writer.write_char('}')?;
        }
        writer.write_str("}\n")
    }
}

fn fields<S: for<'a> LookupSpan<'a>>(writer: &mut Writer<'_>, span: &SpanRef<'_, S>) -> fmt::Result {
    let extensions = span.extensions();
    if let Some(request) = extensions.get::<RequestFields>() {
        request.json(writer)?;
    }
    match extensions.get::<FormattedFields<JsonFields>>() {
        Some(fields) if !fields.is_empty() => write!(writer, ",{fields}"),
        _ => Ok(()),
    }
}
