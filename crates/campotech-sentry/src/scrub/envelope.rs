//! One rule for each kind of item; a kind without a rule is not sent.

use sentry::Envelope;
use sentry::protocol::{EnvelopeHeaders, EnvelopeItem, Request, User};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::json::scrub_value;
use super::text::scrub_text;

/// The request headers that may leave, whoever put them there.
const HEADERS: [&str; 6] = ["host", "user-agent", "content-type", "content-length", "accept", "x-request-id"];

/// The contexts that may leave: the SDK's own, and those of log lines. A service adds the names of its own.
const CONTEXTS: [&str; 10] = [
    "app",
    "culture",
    "device",
    "os",
    "response",
    "runtime",
    "rust",
    "trace",
    "Rust Tracing Fields",
    "Rust Tracing Location",
];

/// The envelope without anything personal or secret; none where nothing is left of it. `contexts` may leave besides ours.
pub(crate) fn scrub_envelope(envelope: Envelope, contexts: &[String]) -> Option<Envelope> {
    // The trace in the headers holds the transaction's name.
    let headers: EnvelopeHeaders = through_json(envelope.headers().clone())?;
    let mut clean = Envelope::new();
    let mut any = false;
    for item in envelope.into_items().filter_map(|item| scrub_item(item, contexts)) {
        clean.add_item(item);
        any = true;
    }
    any.then(|| clean.with_headers(headers))
}

fn scrub_item(item: EnvelopeItem, contexts: &[String]) -> Option<EnvelopeItem> {
    let leaves = |name: &String| CONTEXTS.contains(&name.as_str()) || contexts.contains(name);
    match item {
        EnvelopeItem::Event(mut event) => {
            event.request = event.request.take().map(scrub_request);
            event.user = event.user.take().and_then(scrub_user);
            event.contexts.retain(|name, _| leaves(name));
            Some(EnvelopeItem::Event(through_json(event)?))
        }
        EnvelopeItem::Transaction(mut transaction) => {
            transaction.request = transaction.request.take().map(scrub_request);
            transaction.user = transaction.user.take().and_then(scrub_user);
            transaction.contexts.retain(|name, _| leaves(name));
            Some(EnvelopeItem::Transaction(through_json(transaction)?))
        }
        EnvelopeItem::SessionUpdate(mut session) => {
            session.distinct_id = None;
            session.attributes.ip_address = None;
            session.attributes.user_agent = None;
            Some(EnvelopeItem::SessionUpdate(session))
        }
        EnvelopeItem::SessionAggregates(mut sessions) => {
            for aggregate in &mut sessions.aggregates {
                aggregate.distinct_id = None;
            }
            sessions.attributes.ip_address = None;
            sessions.attributes.user_agent = None;
            Some(EnvelopeItem::SessionAggregates(sessions))
        }
        // Counts of closed categories.
        EnvelopeItem::ClientReport(report) => Some(EnvelopeItem::ClientReport(report)),
        EnvelopeItem::MonitorCheckIn(mut check_in) => {
            check_in.monitor_slug = scrub_text(&check_in.monitor_slug).into_owned();
            check_in.environment = check_in.environment.map(|text| scrub_text(&text).into_owned());
            Some(EnvelopeItem::MonitorCheckIn(check_in))
        }
        EnvelopeItem::ItemContainer(items) => scrub_container(items),
        // Attachments and raw items are bytes that nobody can read here; what a later SDK invents is not known yet.
        _ => None,
    }
}

fn scrub_container(items: sentry::protocol::ItemContainer) -> Option<EnvelopeItem> {
    use sentry::protocol::ItemContainer::{Logs, Metrics};
    match items {
        Logs(logs) => {
            Some(logs.into_iter().filter_map(through_json).collect::<Vec<sentry::protocol::Log>>().into())
        }
        Metrics(metrics) => Some(
            metrics.into_iter().filter_map(through_json).collect::<Vec<sentry::protocol::Metric>>().into(),
        ),
        _ => None,
    }
}

/// What a person is called is dropped; an id stays if it is one of ours, a UUID.
fn scrub_user(user: User) -> Option<User> {
    let id = user.id.filter(|id| super::text::is_uuid(id))?;
    Some(User { id: Some(id), ..User::default() })
}

fn scrub_request(mut request: Request) -> Request {
    if let Some(url) = &mut request.url {
        url.set_query(None);
        url.set_fragment(None);
        // Refused by URLs that can't have them, which is as good.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    request.query_string = None;
    request.cookies = None;
    request.data = None;
    request.env.clear();
    request.headers.retain(|name, _| HEADERS.iter().any(|allowed| name.eq_ignore_ascii_case(allowed)));
    request
}

/// Scrubs every text of `item`, whichever field it is in; what doesn't come back is not sent.
fn through_json<T: Serialize + DeserializeOwned>(item: T) -> Option<T> {
    let mut value = serde_json::to_value(item).ok()?;
    scrub_value(&mut value);
    serde_json::from_value(value).ok()
}
