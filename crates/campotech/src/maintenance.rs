//! Maintenance: unready by hand, and ready again, by a signal or a route of the admin listener.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use campotech_core::{Problem, kinds};
use campotech_health::Health;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ORIGIN};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGUSR1 switches it on, SIGUSR2 off; listened for from the moment it is made, since both end a process that does not.
#[derive(Debug)]
pub(crate) struct MaintenanceSignals {
    on: Signal,
    off: Signal,
}

impl MaintenanceSignals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        let on = signal(SignalKind::user_defined1())?;
        Ok(Self { on, off: signal(SignalKind::user_defined2())? })
    }

    /// Switches for as long as it is polled.
    pub(crate) async fn obey(mut self, health: Health) {
        loop {
            let on = tokio::select! {
                // Of two that came together, "off" is obeyed last.
                biased;
                Some(()) = self.on.recv() => true,
                Some(()) = self.off.recv() => false,
                else => return,
            };
            set(&health, on);
        }
    }
}

/// `GET`, `PUT` and `DELETE` of `/maintenance`. Never on a public listener: who may stop the traffic is an operator.
pub(crate) fn router(health: &Health) -> Router {
    let methods = get(|State(health): State<Health>| async move { answer(health.is_in_maintenance()) })
        .put(
            |State(health): State<Health>, headers: HeaderMap| async move { switch(&health, &headers, true) },
        )
        .delete(|State(health): State<Health>, headers: HeaderMap| async move {
            switch(&health, &headers, false)
        });
    Router::new().route("/maintenance", methods).with_state(health.clone())
}

/// Not for a browser: what it sends may be some page's idea, and it says so by one of these headers.
fn switch(health: &Health, headers: &HeaderMap, on: bool) -> Result<impl IntoResponse + use<>, Problem> {
    if headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Problem::new(&kinds::FORBIDDEN));
    }
    set(health, on);
    Ok(answer(on))
}

fn set(health: &Health, on: bool) {
    tracing::warn!(on, "maintenance");
    health.set_maintenance(on);
}

fn answer(maintenance: bool) -> impl IntoResponse + use<> {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, format!(r#"{{"maintenance":{maintenance}}}"#))
}
