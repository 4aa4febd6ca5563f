//! What the program says about itself: the banner, and the effective configuration.

use std::process::ExitCode;

use campotech::Bound;
use campotech::config::{ConfigFaults, Env, Origin};

use crate::config::ServerSettings;
use crate::{complain, say, version};

/// Prints where everything is.
pub fn banner(bound: &Bound, settings: &ServerSettings, webhook: bool) {
    let addr = bound.addr();
    say!("campotech-server {}", version::long());
    let scheme = if settings.platform.tls.is_some() { "https" } else { "http" };
    say!("  API           {scheme}://{addr}/api/v1");
    say!("  documentation {scheme}://{addr}/api/docs");
    say!("  health        {scheme}://{addr}/health");
    match bound.operators_addr() {
        Some(ops) => {
            // The admin listener speaks plain http.
            let scheme = if ops == addr { scheme } else { "http" };
            say!("  status page   {scheme}://{ops}/status");
            say!("  metrics       {scheme}://{ops}/metrics");
        }
        None => say!("  metrics, status page: not served (set CAMPOTECH_ADMIN_LISTEN)"),
    }
    if !webhook {
        say!("  WhatsApp      answers 503: set CAMPOTECH_WHATSAPP_APP_SECRET and _VERIFY_TOKEN");
    }
    if settings.redis.is_some() {
        say!("  shared        limits, queue and events in Redis");
    }
    match &settings.database {
        Some(_) => say!("  data          PostgreSQL"),
        None => say!("  data          {}", settings.data_dir.display()),
    }
    if addr.ip().is_loopback() && scheme == "http" {
        say!("Try: campotech-server demo    Stop: Ctrl-C");
    }
}

/// Prints every variable with the value in force; exits 2 where one is wrong.
#[must_use]
pub fn configuration(env: &Env, faults: Option<&ConfigFaults>) -> ExitCode {
    for effective in env.effective() {
        let origin = match effective.origin {
            Origin::Environment => "environment",
            Origin::Default => "default",
            Origin::Unset => "unset",
        };
        say!(
            "{:<32} {:<24} {:<12} {}",
            effective.variable.name,
            effective.value,
            origin,
            effective.variable.meaning
        );
    }
    for name in env.unread("CAMPOTECH_") {
        complain!("{name} is not a variable of this program");
    }
    match faults {
        None => ExitCode::SUCCESS,
        Some(faults) => {
            complain!("{faults}");
            ExitCode::from(2)
        }
    }
}
