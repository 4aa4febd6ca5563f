//! What a driver says never gets out.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod common;

use std::sync::{Arc, Mutex};

use campotech_health::{Check, CheckResult, Details, Reason};
use campotech_testkit::RecordingObserver;
use common::{Act, Probe, builder, pass, send, settle};
use http::Request;
use proptest::prelude::*;

const PATHS: [&str; 6] = [
    "/live",
    "/ready",
    "/health",
    "/health/components/store",
    "/health/components/x",
    "/health/groups/storage",
];

/// What a driver might say, and the word in it that must not be seen.
fn secret() -> impl Strategy<Value = (String, String)> {
    "[A-Z][a-z0-9]{8,20}Z".prop_flat_map(|word| {
        let messages = vec![
            format!("password authentication failed for user \"{word}\""),
            format!("postgres://{word}:{word}@{word}.internal/{word}"),
            format!("SELECT * FROM \"{word}\" WHERE x = '\\u0000{word}'"),
            format!("{word}\r\nSet-Cookie: {word}"),
            word.clone(),
        ];
        (prop::sample::select(messages), Just(word))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_answer_and_no_label_holds_a_secret(
        (secret, word) in secret(), reason in prop::sample::select(Reason::ALL), degraded: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let leaks = runtime.block_on(async {
            let observer = RecordingObserver::default();
            let probe = Probe::new("store");
            let health = builder()
                .check(probe.clone().critical().with_tag("storage"))
                .with_observer(Arc::new(observer.clone()))
                .build()
                .unwrap();
            let result = if degraded { CheckResult::degraded(reason) } else { CheckResult::failed(reason) };
            let result = result.with_message(&secret);
            let mut seen = format!("{result:?}");
            probe.set(Act::Answer(result));
            let mut events = health.events();
            health.start().unwrap();
            settle().await;
            pass(12.0).await;
            seen += &format!("{:?}", std::iter::from_fn(|| events.try_recv().ok()).collect::<Vec<_>>());
            for path in PATHS {
                for accept in ["*/*", "application/health+json", "text/plain", "text/html"] {
                    for details in [Details::Shown, Details::Hidden] {
                        let request = Request::get(path).header("accept", accept);
                        let answer = send(&health, details, request).await;
                        seen += &format!("{:?} {}", answer.headers(), String::from_utf8_lossy(answer.body()));
                    }
                }
            }
            seen += &observer.lines().join(" ");
            seen += &format!("{:?} {health:?}", health.snapshot());
            seen
        });
        prop_assert!(!leaks.contains(&word), "{leaks}");
    }
}

#[test]
fn a_panic_payload_stays_inside_and_the_message_reaches_the_log() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let (panics, fails) = (Probe::new("panics"), Probe::new("fails"));
            panics.set(Act::Panic("payload-7f3a"));
            let failed = CheckResult::failed(Reason::Auth).with_message("role \"ana-51c2\" does not exist");
            fails.set(Act::Answer(failed));
            let health = builder().check(panics.critical()).check(fails.degrading()).build().unwrap();
            health.start().unwrap();
            pass(20.0).await;
            for path in ["/health", "/health/components/panics", "/health/components/fails"] {
                let answer = send(&health, Details::Shown, Request::get(path)).await;
                let text = String::from_utf8_lossy(answer.body()).into_owned();
                assert!(!text.contains("7f3a") && !text.contains("51c2"), "{text}");
            }
        });
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("payload-7f3a") && log.contains("ana-51c2"), "{log}");
    assert_eq!(log.matches("ana-51c2").count(), 1, "news, not every run: {log}");
}
