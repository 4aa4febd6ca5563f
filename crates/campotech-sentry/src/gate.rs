//! Which events leave: no expected ones, none twice, and no storm of the same.

use std::borrow::Cow;

use sentry::protocol::{Context, Event};
use sentry::{ClientOptions, Integration};

use crate::SentryCounts;
use crate::storm::{Storm, Verdict};

/// The tag that holds an error's stable code.
pub(crate) const CODE: &str = "code";

/// The first of the integrations, so that what doesn't leave costs no stack trace.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) storm: Storm,
    pub(crate) sample_rate: f32,
    pub(crate) expected: Vec<String>,
    pub(crate) counts: SentryCounts,
}

impl Integration for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn process_event(&self, mut event: Event<'static>, _: &ClientOptions) -> Option<Event<'static>> {
        if self.expects(&event) || !self.sampled(&event) {
            self.counts.add_filtered();
            return None;
        }
        let code = code_of(&event);
        let route = event.transaction.clone().unwrap_or_default();
        let error = code.clone().unwrap_or_else(|| kind_of(&event));
        match self.storm.admit(&[&error, &route]) {
            Verdict::LeftOut => {
                self.counts.add_limited();
                return None;
            }
            Verdict::Passes { left_out: 0 } => {}
            Verdict::Passes { left_out } => {
                event.extra.insert("left_out".to_owned(), left_out.into());
            }
        }
        if is_default(&event.fingerprint) {
            // Without a code the stack says it better than we can: its groups, apart by route.
            let error = code.map_or_else(|| "{{ default }}".into(), Cow::Owned);
            event.fingerprint = vec![error, route.into()].into();
        }
        Some(event)
    }
}

impl Gate {
    /// Whether it is no news.
    pub(crate) fn expects(&self, event: &Event<'_>) -> bool {
        !self.expected.is_empty() && code_of(event).is_some_and(|code| self.expected.contains(&code))
    }

    /// By the event's own id, which is random: the SDK's own sampling can't be counted.
    fn sampled(&self, event: &Event<'_>) -> bool {
        const RANGE: u32 = 1 << 24;
        let id = u32::try_from(event.event_id.as_u128() % u128::from(RANGE)).unwrap_or(0);
        f64::from(id) < f64::from(self.sample_rate) * f64::from(RANGE)
    }
}

/// The stable code that the event was given, as a tag or as a field of its log line.
fn code_of(event: &Event<'_>) -> Option<String> {
    if let Some(code) = event.tags.get(CODE) {
        return Some(code.clone());
    }
    match event.contexts.get("Rust Tracing Fields") {
        Some(Context::Other(fields)) => fields.get(CODE)?.as_str().map(str::to_owned),
        _ => None,
    }
}

/// Where there is no code: what is the same however often it happens, so no ids and no message with what it was about.
fn kind_of(event: &Event<'_>) -> String {
    let place = match event.contexts.get("Rust Tracing Location") {
        Some(Context::Other(at)) => {
            let part = |name: &str| at.get(name).map(ToString::to_string).unwrap_or_default();
            format!("{}:{}", part("file"), part("line"))
        }
        _ => event.tags.get("panic.at").cloned().unwrap_or_default(),
    };
    let thrown = event.exception.last().map_or("", |exception| exception.ty.as_str());
    let said = if place.is_empty() {
        event.message.as_deref().map(shape).unwrap_or_default()
    } else {
        String::new()
    };
    format!("{thrown} {} {place} {said}", event.logger.as_deref().unwrap_or_default())
}

/// A message without the words that hold digits, which change from one event to the next.
fn shape(message: &str) -> String {
    let words = message.split_whitespace().take(16).filter(|word| !word.bytes().any(|b| b.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

fn is_default(fingerprint: &[Cow<'_, str>]) -> bool {
    matches!(fingerprint, [] | [Cow::Borrowed("{{ default }}" | "{{default}}")])
        || matches!(fingerprint, [only] if only == "{{ default }}")
}
