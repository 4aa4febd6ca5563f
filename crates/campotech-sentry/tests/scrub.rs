//! Secrets planted in every field, and what a real receiver gets.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use sentry::protocol::{
    Attachment, Breadcrumb, Context, Event, Exception, Frame, IpAddress, LogEntry, Mechanism, Request,
    Stacktrace, TemplateInfo, Thread, User, Value,
};
use sentry::{Envelope, Hub};
use serde_json::json;
use support::{Receiver, items};
use tracing_subscriber::layer::SubscriberExt;

/// Each place gets secrets of every form, so that a place which is not looked at shows.
const SECRETS: [&str; 9] = [
    "ana.perez@example.com",
    "+5491123456789",
    "20-12345678-6",
    "4111111111111111",
    "Bearer abcDEF123456",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "9f86d081884c7d659a2feaa0c55ad015",
    "password=hunter2",
    "https://h.example/p?dni=30111222",
];

fn planted() -> String {
    SECRETS.join(" and ")
}

fn map(key: &str) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::from([
        (key.to_owned(), planted().into()),
        ("nested".to_owned(), json!({"deep": [{"deeper": planted()}], "api_key": "plain-7731"})),
        ("x-auth-token".to_owned(), "plain-7732".into()),
        ("number".to_owned(), 4_111_111_111_111_111_u64.into()),
        ("kept".to_owned(), "order 1234567".into()),
    ]);
    fields.insert("ana.perez@example.com".to_owned(), true.into());
    fields
}

fn strings(key: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        (key.to_owned(), planted()),
        ("Cookie".to_owned(), "plain-7733".to_owned()),
        ("user-agent".to_owned(), format!("probe {}", planted())),
        ("x-forwarded-for".to_owned(), "plain-7734".to_owned()),
    ])
}

fn stack() -> Stacktrace {
    Stacktrace {
        frames: vec![Frame {
            function: Some("campotech::serve".to_owned()),
            filename: Some(planted()),
            abs_path: Some(planted()),
            context_line: Some(planted()),
            pre_context: vec![planted()],
            post_context: vec![planted()],
            lineno: Some(7),
            vars: map("local"),
            ..Frame::default()
        }],
        ..Stacktrace::default()
    }
}

fn request() -> Request {
    Request {
        url: Some("https://u:plain-7735@h.example/p?q=plain-7736#plain-7737".parse().unwrap()),
        method: Some("POST".to_owned()),
        data: Some("plain-7738".to_owned()),
        query_string: Some("plain-7739".to_owned()),
        cookies: Some("plain-7740".to_owned()),
        headers: strings("referer"),
        env: strings("REMOTE_ADDR"),
    }
}

fn user() -> User {
    User {
        id: Some("0190a8f2-7c3e-7d3a-9f12-3456789abcde".to_owned()),
        email: Some("plain-7741".to_owned()),
        ip_address: Some(IpAddress::Exact("203.0.113.77".parse().unwrap())),
        username: Some("plain-7742".to_owned()),
        other: map("other"),
    }
}

fn event() -> Event<'static> {
    Event {
        message: Some(planted()),
        culprit: Some(planted()),
        transaction: Some(planted()),
        logger: Some(planted()),
        logentry: Some(LogEntry {
            message: planted(),
            params: vec![planted().into(), json!({"token": "plain-7743"})],
        }),
        fingerprint: vec![planted().into()].into(),
        modules: BTreeMap::from([("module".to_owned(), planted())]),
        server_name: Some(planted().into()),
        user: Some(user()),
        request: Some(request()),
        contexts: BTreeMap::from([("Rust Tracing Fields".to_owned(), Context::Other(map("field")))]),
        breadcrumbs: vec![Breadcrumb {
            message: Some(planted()),
            category: Some(planted()),
            data: map("crumb"),
            ..Breadcrumb::default()
        }]
        .into(),
        exception: vec![Exception {
            ty: "Error".to_owned(),
            value: Some(planted()),
            module: Some(planted()),
            stacktrace: Some(stack()),
            mechanism: Some(Mechanism {
                description: Some(planted()),
                data: map("data"),
                ..Mechanism::default()
            }),
            ..Exception::default()
        }]
        .into(),
        stacktrace: Some(stack()),
        template: Some(TemplateInfo { context_line: Some(planted()), ..TemplateInfo::default() }),
        threads: vec![Thread { name: Some(planted()), stacktrace: Some(stack()), ..Thread::default() }]
            .into(),
        tags: strings("tag"),
        extra: map("extra"),
        ..Event::default()
    }
}

fn assert_clean(all: &str) {
    for secret in SECRETS {
        let escaped = serde_json::to_string(secret).unwrap();
        assert!(!all.contains(escaped.trim_matches('"')), "{secret} left the house: {all}");
    }
    for part in ["plain-77", "hunter2", "30111222", "203.0.113.77", "abcDEF123456", "ana.perez"] {
        assert!(!all.contains(part), "{part} left the house: {all}");
    }
}

#[test]
fn nothing_planted_in_an_event_arrives_and_the_rest_does() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    sentry::capture_event(event());
    let envelopes = receiver.envelopes(&guard);
    assert_clean(&envelopes.concat());
    let events = items(&envelopes, "event");
    assert_eq!(events.len(), 1, "an event that can't be scrubbed is lost: {envelopes:?}");
    let event = &events[0];
    assert_eq!(event["user"], json!({"id": "0190a8f2-7c3e-7d3a-9f12-3456789abcde"}));
    assert_eq!(event["extra"]["kept"], "order 1234567");
    assert_eq!(event["exception"]["values"][0]["stacktrace"]["frames"][0]["function"], "campotech::serve");
    assert_eq!(event["exception"]["values"][0]["stacktrace"]["frames"][0]["lineno"], 7);
    assert_eq!(event["request"]["url"], "https://h.example/p");
    assert!(event["contexts"]["os"]["name"].is_string(), "the SDK's own contexts stay");
}

#[test]
fn nothing_planted_in_a_trace_arrives() {
    let receiver = Receiver::start();
    let guard = campotech_sentry::init(receiver.config().with_traces_sample_rate(1.0).unwrap()).unwrap();
    let trace = sentry::start_transaction(sentry::TransactionContext::new(&planted(), "http.server"));
    trace.set_request(request());
    trace.set_tag("tag", planted());
    trace.set_extra("extra", planted().into());
    trace.set_data("data", planted().into());
    trace.set_data("customer_phone", "plain-7744".into());
    let span = trace.start_child("db", &planted());
    span.set_data("statement", planted().into());
    span.set_tag("tag", planted());
    span.finish();
    sentry::configure_scope(|scope| scope.set_user(Some(user())));
    trace.finish();
    let envelopes = receiver.envelopes(&guard);
    assert_clean(&envelopes.concat());
    let transactions = items(&envelopes, "transaction");
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions[0]["spans"][0]["op"], "db");
    assert!(transactions[0]["contexts"]["trace"]["trace_id"].as_str().unwrap().len() == 32, "ids stay");
}

#[test]
fn tracing_events_and_their_fields_are_scrubbed() {
    let receiver = Receiver::start();
    let guard = campotech_sentry::init(receiver.config().with_traces_sample_rate(1.0).unwrap()).unwrap();
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let span =
            tracing::info_span!("work", sentry.op = "task", customer_phone = "plain-7745", note = %planted());
        let _entered = span.enter();
        tracing::info!(note = %planted(), token = "plain-7746", "a crumb of {}", planted());
        tracing::error!(note = %planted(), password = "plain-7747", "it broke for {}", planted());
    });
    let envelopes = receiver.envelopes(&guard);
    assert_clean(&envelopes.concat());
    let events = items(&envelopes, "event");
    assert_eq!(events.len(), 1, "{envelopes:?}");
    assert!(events[0]["message"].as_str().unwrap().starts_with("it broke for [Filtered]"));
    assert!(events[0]["breadcrumbs"]["values"][0]["message"].as_str().unwrap().starts_with("a crumb of"));
    assert_eq!(items(&envelopes, "transaction").len(), 1, "the span");
}

#[test]
fn what_nobody_can_read_is_not_sent() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let client = Hub::main().client().unwrap();
    let attachment =
        || Attachment { buffer: b"plain-7750".to_vec(), filename: "a".to_owned(), ..Attachment::default() };
    let mut alone = Envelope::new();
    alone.add_item(attachment());
    client.send_envelope(alone);
    client.send_envelope(
        Envelope::from_bytes_raw(b"{}\n{\"type\":\"event\"}\n{\"message\":\"plain-7751\"}".to_vec()).unwrap(),
    );
    let mut mixed = Envelope::new();
    mixed.add_item(Event { message: Some("kept".to_owned()), ..Event::default() });
    mixed.add_item(attachment());
    client.send_envelope(mixed);
    let envelopes = receiver.envelopes(&guard);
    assert_clean(&envelopes.concat());
    assert_eq!(envelopes.len(), 1);
    assert_eq!(items(&envelopes, "event")[0]["message"], "kept");
}

#[test]
fn a_transport_of_the_callers_gets_the_scrubbed_envelope() {
    let transport = sentry::test::TestTransport::new();
    let config = Receiver::start().config().with_transport(Arc::new(transport.clone()));
    let guard = campotech_sentry::init(config).unwrap();
    sentry::capture_message("from ana.perez@example.com", sentry::Level::Error);
    assert!(guard.flush(std::time::Duration::from_secs(5)));
    let events = transport.fetch_and_clear_events();
    assert_eq!(events[0].message.as_deref(), Some("from [Filtered]"));
    drop(guard);
}
