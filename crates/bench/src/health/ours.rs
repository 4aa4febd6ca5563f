//! Ours: two components that work, asked in the background.

use std::future::ready;
use std::time::Duration;

use campotech_health::{Check, Details, Health, HealthService, check_fn};
use tokio::runtime::Runtime;

use super::IDLE;
use super::served::served;
use crate::service::runtime;
use crate::{Case, Subject};

pub const LIVE: &str = "health.live";
pub const FULL: &str = "health.full";

pub const CASES: &[Case] = &[
    Case { name: IDLE, floor: IDLE, begin: || Box::new(|_| {}) },
    Case { name: LIVE, floor: IDLE, begin: || ours("/live") },
    Case { name: FULL, floor: IDLE, begin: || ours("/health") },
];

fn ours(path: &'static str) -> Subject {
    let (checks, service) = running();
    let mut subject = served(path, move |request| ready(Ok(service.respond(&request))));
    Box::new(move |requests| {
        let _ = &checks;
        subject(requests);
    })
}

/// The service, after a run of each check; the runtime that they are on stands still, so that nothing else is counted.
///
/// # Panics
/// They don't come to a result.
pub fn running() -> (Runtime, HealthService) {
    let runtime = runtime();
    let check = |name: &str| check_fn(name, || async { Ok(()) });
    let health = Health::builder("bench", "1")
        .check(check("postgres").critical())
        .check(check("redis").degrading())
        .with_max_age(Duration::from_secs(3_600));
    let health = health.build().expect("health");
    runtime.block_on(async {
        health.start().expect("a runtime");
        while !health.is_ready() {
            tokio::task::yield_now().await;
        }
    });
    let service = health.service(Details::Shown);
    (runtime, service)
}
