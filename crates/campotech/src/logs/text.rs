//! Lines for people: `<time> LEVEL span{key=value}: target: message key=value`.

use std::fmt;

use tracing::span::Record;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::escape::Style;
use super::fields::{Message, TextPairs};
use super::request::{RequestFields, is_request};

/// The lines.
#[derive(Debug)]
pub(super) struct TextLines;

/// The fields of spans.
#[derive(Debug)]
pub(super) struct TextFields;

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut pairs = TextPairs::new(&mut writer, true);
        fields.record(&mut pairs);
        pairs.result
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let before = current.fields.len();
        let mut pairs = TextPairs::new(&mut current.fields, before == 0).after(before);
        fields.record(&mut pairs);
        pairs.result
    }
}

impl<S> FormatEvent<S, TextFields> for TextLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, TextFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        SystemTime.format_time(&mut writer)?;
        level(&mut writer, *metadata.level())?;
        if !context.event_scope().into_iter().flatten().any(|span| is_request(&span))
            && let Some(request) = RequestFields::current()
        {
            writer.write_str("request{")?;
            request.text(&mut writer)?;
            writer.write_str("}: ")?;
        }
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            writer.write_str(span.name())?;
            let extensions = span.extensions();
            let request = extensions.get::<RequestFields>();
            let fields = extensions.get::<FormattedFields<TextFields>>().filter(|fields| !fields.is_empty());
            if request.is_some() || fields.is_some() {
                writer.write_char('{')?;
                if let Some(request) = request {
                    request.text(&mut writer)?;
                }
                if let Some(fields) = fields {
                    writer.write_str(if request.is_some() { " " } else { "" })?;
                    writer.write_str(fields)?;
                }
                writer.write_char('}')?;
            }
            writer.write_str(": ")?;
        }
        write!(writer, "{}: ", metadata.target())?;
        let mut message = Message::new(&mut writer, Style::Bare);
        event.record(&mut message);
        message.result?;
        let mut pairs = TextPairs::new(&mut writer, false);
        event.record(&mut pairs);
        pairs.result?;
        writer.write_char('\n')
    }
}

fn level(writer: &mut Writer<'_>, level: Level) -> fmt::Result {
    if !writer.has_ansi_escapes() {
        return write!(writer, " {level:>5} ");
    }
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    write!(writer, " \u{1b}[{colour}m{level:>5}\u{1b}[0m ")
}
