//! A thousand generated requests and errors with secrets in every field, and as many look-alikes.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "support/generate.rs"]
mod generate;
mod support;

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::num::NonZeroU32;
use std::time::Duration;

use campotech_core::{RequestId, TraceId};
use campotech_sentry::sentry::protocol::{
    Attachment, Context, Event, ItemContainer, Log, LogAttribute, LogLevel, MonitorCheckIn,
    MonitorCheckInStatus, User,
};
use campotech_sentry::sentry::{self, Breadcrumb, Hub, Level};
use campotech_sentry::{SentryLayer, StormLimit, init, scrub_text};
use generate::{Random, Secret, benign, nested, secret};
use http::{Request, Response};
use support::{Receiver, items};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

const REQUESTS: usize = 1_000;

/// Every field kind of the protocol that a service can fill, one after the other.
fn plant(number: usize, text: &str) {
    let hub = Hub::current();
    hub.configure_scope(|scope| {
        scope.set_tag("note", text);
        scope.set_extra("extra", nested(text));
        scope.set_context("job", Context::Other([("note".to_owned(), nested(text))].into()));
        scope.set_context(text, Context::Other([("note".to_owned(), 1.into())].into()));
        scope.set_user(Some(User {
            email: Some(text.to_owned()),
            username: Some(text.to_owned()),
            id: Some(text.to_owned()),
            ..User::default()
        }));
        scope.add_attachment(Attachment {
            buffer: text.as_bytes().to_vec(),
            filename: text.to_owned(),
            ..Attachment::default()
        });
    });
    sentry::add_breadcrumb(Breadcrumb {
        message: Some(format!("crumb of {text}")),
        category: Some(text.to_owned()),
        data: BTreeMap::from([("note".to_owned(), nested(text)), (text.to_owned(), 1.into())]),
        ..Breadcrumb::default()
    });
    tracing::info!(note = text, other = %text, "a crumb: {text}");
    let span = tracing::info_span!("work", note = text, db.system.name = "postgresql");
    span.in_scope(|| match number % 4 {
        0 => tracing::error!(note = text, failure = ?text, "could not: {text}"),
        1 => {
            let failure = std::io::Error::other(text.to_owned());
            tracing::error!(error = &failure as &dyn std::error::Error, "it failed for {text}");
        }
        2 => panic!("no answer for {text}"),
        _ => {
            sentry::capture_event(Event {
                message: Some(text.to_owned()),
                level: Level::Error,
                culprit: Some(text.to_owned()),
                server_name: Some(text.to_owned().into()),
                ..Event::default()
            });
        }
    });
}

/// Items that no request makes.
fn others(text: &str) {
    let client = Hub::main().client().unwrap();
    let log = Log {
        level: LogLevel::Error,
        body: text.to_owned(),
        trace_id: None,
        timestamp: std::time::SystemTime::now(),
        severity_number: None,
        attributes: [("note".to_owned(), LogAttribute::from(text))].into(),
    };
    let mut envelope = sentry::Envelope::new();
    envelope.add_item(ItemContainer::Logs(vec![log]));
    envelope.add_item(MonitorCheckIn {
        check_in_id: sentry::types::Uuid::nil(),
        monitor_slug: text.to_owned(),
        status: MonitorCheckInStatus::Ok,
        environment: Some(text.to_owned()),
        duration: None,
        monitor_config: None,
    });
    client.send_envelope(envelope);
}

fn request(text: &str) -> Request<()> {
    let plain: String = text
        .chars()
        .filter(|c| {
            c.is_ascii_graphic()
                && !matches!(c, '"' | '\\' | '{' | '}' | '<' | '>' | '#' | '?' | '^' | '`' | '|')
        })
        .collect();
    let uri = format!("/customers/{plain}?q={plain}&password={plain}");
    let visible: String = text.chars().filter(|c| (' '..='~').contains(c)).collect();
    let mut request = Request::post(uri).body(()).unwrap();
    for name in [
        "user-agent",
        "authorization",
        "cookie",
        "x-auth-token",
        "forwarded",
        "x-user-email",
        "accept",
        "x-request-id",
        "content-type",
    ] {
        request.headers_mut().insert(name, visible.parse().unwrap());
    }
    request.extensions_mut().insert(RequestId::generate());
    request
}

/// Pieces of six characters, of the sensitive part as it is written and of its digits alone.
fn pieces(secret: &Secret) -> Vec<String> {
    let mut found = Vec::new();
    for sensitive in &secret.sensitive {
        let chars: Vec<char> = sensitive.chars().collect();
        found.extend(chars.windows(6).map(|piece| piece.iter().collect::<String>()));
    }
    // Domains of examples are everybody's.
    found.retain(|piece| {
        !["example", ".com.ar", "correo.example", "mple.org"]
            .iter()
            .any(|shared| shared.contains(piece.as_str()))
    });
    found
}

#[test]
fn nothing_of_a_thousand_requests_with_secrets_leaves() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("no answer for") {
            usual(info);
        }
    }));
    let receiver = Receiver::start();
    let most = NonZeroU32::new(1_000_000).unwrap();
    let limit = StormLimit::new().with_burst(most).with_total_burst(most);
    let config = receiver.config().with_traces_sample_rate(1.0).unwrap().with_storm_limit(limit);
    let config = config.with_contexts(["job"]);
    let guard = init(config.with_queue(std::num::NonZeroUsize::new(8_192).unwrap())).unwrap();
    let subscriber = tracing_subscriber::registry().with(guard.tracing_layer());
    let layer = SentryLayer::new(&guard).with_server_errors(true);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = Random::new(20_251_125);
    let secrets: Vec<Secret> = (0..REQUESTS).map(|number| secret(&mut random, number)).collect();
    tracing::subscriber::with_default(subscriber, || {
        for (number, secret) in secrets.iter().enumerate() {
            let text = secret.text.clone();
            let service = layer.layer(service_fn(move |_: Request<()>| {
                plant(number, &text);
                std::future::ready(Ok::<_, Infallible>(Response::new(
                    http_body_util::Full::<bytes::Bytes>::default(),
                )))
            }));
            drop(runtime.block_on(service.oneshot(request(&secret.text))).unwrap());
            others(&secret.text);
        }
    });
    assert!(guard.flush(Duration::from_secs(120)));
    let envelopes = receiver.envelopes(&guard);
    // What the SDK makes itself, random or counted up, holds any six digits sooner or later.
    let made = regex::Regex::new(
        r#""(?:event_id|(?:parent_)?span_id|trace_id|request_id|instruction_addr|(?:start_)?timestamp|sent_at|started|length|check_in_id)":\s*(?:"[0-9a-zA-Z:.+-]*"|[0-9.]+)"#,
    );
    let all = made.unwrap().replace_all(&envelopes.concat(), "\"made\":0").into_owned();
    assert_eq!(items(&envelopes, "event").len(), REQUESTS, "each of them arrives, without what was planted");
    assert_eq!(items(&envelopes, "transaction").len(), REQUESTS);
    let logs = items(&envelopes, "log");
    assert_eq!(logs.len(), REQUESTS);
    assert!(logs.iter().all(|log| log["items"][0]["body"].is_string()), "{}", logs[0]);
    assert_eq!(items(&envelopes, "check_in").len(), REQUESTS);
    // Every window of six bytes that arrived, looked up among the pieces: once over all, not once for each piece.
    let mut sought: HashMap<&[u8], &Secret> = HashMap::new();
    let parts: Vec<(Vec<String>, &Secret)> = secrets.iter().map(|secret| (pieces(secret), secret)).collect();
    for (pieces, secret) in &parts {
        sought.extend(pieces.iter().map(|piece| (piece.as_bytes(), *secret)));
    }
    let mut leaks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, window) in all.as_bytes().windows(6).enumerate() {
        if let Some(secret) = sought.get(window) {
            let around =
                &all[all.floor_char_boundary(at.saturating_sub(60))..all.ceil_char_boundary(at + 60)];
            leaks.entry(secret.class).or_default().push(format!("{} -> {around}", secret.text));
        }
    }
    let count: usize = leaks.values().map(Vec::len).sum();
    println!("SCRUB secrets={REQUESTS} envelopes={} bytes={} leaks={count}", envelopes.len(), all.len());
    for (class, leaks) in &mut leaks {
        leaks.truncate(4);
        println!("{class}: {leaks:#?}");
    }
    assert_eq!(count, 0);
}

#[test]
fn look_alikes_stay() {
    let mut random = Random::new(7);
    let texts: Vec<String> = (0..4_000).map(|number| benign(&mut random, number)).collect();
    let lost: Vec<_> = texts.iter().filter(|text| scrub_text(text) != text.as_str()).collect();
    let share = 1.0 - lost.len() as f64 / texts.len() as f64;
    println!("BENIGN texts={} kept={:.2}%", texts.len(), share * 100.0);
    let shown: Vec<_> = lost.iter().take(20).map(|text| format!("{text} -> {}", scrub_text(text))).collect();
    assert!(share >= 0.99, "{share}: {shown:#?}");
}

#[test]
fn the_platforms_own_ids_stay() {
    let receiver = Receiver::start();
    let guard = receiver.init();
    let layer = SentryLayer::new(&guard);
    let id = RequestId::generate();
    let mut request = Request::get("/").body(()).unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    request.headers_mut().insert("traceparent", parent.parse().unwrap());
    request.extensions_mut().insert(id.clone());
    let read = TraceId::from_headers(request.headers()).unwrap();
    request.extensions_mut().insert(read);
    let told = format!("request {id} of trace_id={trace} failed");
    let service = layer.layer(service_fn(|_: Request<()>| {
        sentry::capture_message(&told, Level::Error);
        std::future::ready(Ok::<_, Infallible>(
            Response::new(http_body_util::Full::<bytes::Bytes>::default()),
        ))
    }));
    drop(
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(service.oneshot(request))
            .unwrap(),
    );
    let event = &items(&receiver.envelopes(&guard), "event")[0];
    assert_eq!(event["tags"]["request_id"], id.as_str());
    assert_eq!(event["tags"]["trace_id"], trace);
    assert_eq!(event["message"], told);
}
