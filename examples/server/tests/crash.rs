//! SIGKILL at any moment: what was acknowledged is there afterwards, once.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::process::Child;
use std::time::Duration;

use rand::Rng;
use support::{Backend, Kind};

const ROUNDS: u32 = 10;

#[tokio::test]
async fn everything_acknowledged_survives_ten_kills_during_the_demonstration() {
    ten_kills(Backend::new(Kind::Embedded).await).await;
}

#[tokio::test]
async fn everything_acknowledged_survives_ten_kills_with_postgres_and_redis() {
    ten_kills(Backend::new(Kind::PostgresWithRedis).await).await;
}

async fn ten_kills(backend: Backend) {
    let record = backend.dir.path().join("acknowledged.jsonl");
    let record_arg = record.to_str().unwrap();
    for _ in 0..ROUNDS {
        let server = backend.server(&[]).await;
        let mut demo = server.demo(&["--seconds", "30", "--record", record_arg]);
        let before = std::fs::read_to_string(&record).map_or(0, |text| text.lines().count());
        // Not before something was acknowledged, and then at a moment that nobody chose.
        for _ in 0..400 {
            if std::fs::read_to_string(&record).is_ok_and(|text| text.lines().count() > before + 5) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let moment = rand::rng().random_range(0..1_500);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill();
        demo.kill().unwrap();
        demo.wait().unwrap();
    }
    let acknowledged = std::fs::read_to_string(&record).unwrap();
    for what in ["\"job\"", "\"message\"", "\"token\""] {
        assert!(acknowledged.contains(&format!("\"what\":{what}")), "nothing of {what} in the record");
    }
    let server = backend.server(&[("CAMPOTECH_RATE_WEBHOOK", "10000/1m")]).await;
    let verdict = finished(server.demo(&["--verify", record_arg])).await;
    let facts = acknowledged.lines().count();
    assert!(verdict.contains("0 jobs twice"), "{facts} facts: {verdict}");
    assert!(verdict.starts_with("verified "), "{facts} facts: {verdict}");
    let mut numbers = verdict.split(' ').filter_map(|word| word.parse::<usize>().ok());
    assert_eq!(numbers.next(), numbers.next(), "{verdict}");
}

async fn finished(demo: Child) -> String {
    let output = tokio::task::spawn_blocking(move || demo.wait_with_output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
