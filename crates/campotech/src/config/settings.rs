//! The platform's settings, typed.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use campotech_security::ConfigError;
use campotech_security::client_ip::TrustedProxies;
use campotech_security::cors::OriginList;
use campotech_security::rate_limit::Quota;
use campotech_sentry::SentryConfig;
use campotech_serve::{Networks, ProxyProtocol};

use super::values::{count, duration, size, socket_addr, text};
use super::{Env, ReportOnly, Secret, variables as var};
use crate::otlp::TraceSettings;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// What becomes of requests whose content looks like an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectionMode {
    /// Nothing looks.
    Off,
    /// They are counted and logged, and pass.
    Report,
    /// They are refused with 400.
    Block,
}

/// An HTTP dependency to watch.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalCheck {
    /// The component's name.
    pub name: String,
    /// What to ask; it may hold credentials, so it is never shown.
    pub url: String,
}

// The URL may carry a user and a password.
impl std::fmt::Debug for ExternalCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalCheck").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Where the public listener's certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsPaths {
    /// The certificates, the listener's own first, as PEM.
    pub cert: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
}

/// What the environment says about the platform.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The public listener.
    pub listen: SocketAddr,
    /// The admin listener.
    pub admin_listen: Option<SocketAddr>,
    /// Networks whose forwarding headers count.
    pub trusted_proxies: TrustedProxies,
    /// Origins that browsers may call from; none by default.
    pub cors_origins: Option<OriginList>,
    /// The quota of the standard tier.
    pub rate_standard: Quota,
    /// The quota of the auth tier.
    pub rate_auth: Quota,
    /// The quota of the webhook tier.
    pub rate_webhook: Quota,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// The time a body has to arrive, and a handler to answer.
    pub request_deadline: Duration,
    /// Connections at once.
    pub max_connections: NonZeroUsize,
    /// What becomes of requests whose content looks like an attack.
    pub detection: DetectionMode,
    /// Guards that refuse nothing.
    pub report_only: ReportOnly,
    /// Connections at once of one client network.
    pub client_connections: NonZeroUsize,
    /// How long a connection is used.
    pub connection_max_age: Duration,
    /// Who says by a PROXY header who the client is.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// What the public listener speaks https with.
    pub tls: Option<TlsPaths>,
    /// Networks whose connections are not counted: the trusted proxies.
    pub(crate) uncounted: Networks,
    /// From SIGTERM to the end of accepting.
    pub drain_delay: Duration,
    /// From SIGTERM to the end.
    pub drain_deadline: Duration,
    /// HTTP dependencies.
    pub external_checks: Vec<ExternalCheck>,
    /// Where errors are sent; checked when Sentry starts.
    pub sentry_dsn: Option<Secret>,
    /// The environment of error events.
    pub sentry_environment: Option<String>,
    /// The release of error events.
    pub sentry_release: Option<String>,
    /// The share of requests that is traced.
    pub sentry_traces_sample_rate: f32,
    /// The tracing filter.
    pub log: String,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// Where spans are sent.
    pub(crate) traces: TraceSettings,
}

impl Settings {
    /// Reads the platform's variables. Faults are noted in `env`: see [`Env::finish`].
    pub fn read(env: &mut Env) -> Self {
        let quota = |text: &str| Quota::parse(text).map_err(|error| without_value(&error));
        let listen = env.required(&var::LISTEN, socket_addr);
        let admin_listen = env.optional(&var::ADMIN_LISTEN, socket_addr);
        let (trusted_proxies, uncounted) = env
            .optional(&var::TRUSTED_PROXIES, |t| {
                let trusted = TrustedProxies::parse(t).map_err(|e| without_value(&e))?;
                Ok((trusted, networks(t)?))
            })
            .unwrap_or_else(|| (TrustedProxies::none(), Networks::none()));
        let settings = Self {
            listen,
            admin_listen,
            trusted_proxies,
            uncounted,
            cors_origins: env
                .optional(&var::CORS_ORIGINS, |t| OriginList::parse(t).map_err(|e| without_value(&e))),
            rate_standard: env.required(&var::RATE_STANDARD, quota),
            rate_auth: env.required(&var::RATE_AUTH, quota),
            rate_webhook: env.required(&var::RATE_WEBHOOK, quota),
            max_body: env.required(&var::MAX_BODY, size),
            request_deadline: env.required(&var::REQUEST_DEADLINE, duration),
            max_connections: env.required(&var::MAX_CONNECTIONS, count),
            detection: env.required(&var::DETECTION, detection),
            report_only: env.optional(&var::REPORT_ONLY, ReportOnly::parse).unwrap_or_default(),
            client_connections: env.required(&var::CLIENT_CONNECTIONS, count),
            connection_max_age: env.required(&var::CONNECTION_MAX_AGE, duration),
            proxy_protocol: env.optional(&var::PROXY_PROTOCOL, |t| {
                ProxyProtocol::required_from(networks(t)?).map_err(|_| "holds no network".to_owned())
            }),
            tls: tls(env),
            drain_delay: env
                .required(&var::DRAIN_DELAY, |t| if t == "0s" { Ok(Duration::ZERO) } else { duration(t) }),
            drain_deadline: env.required(&var::DRAIN_DEADLINE, duration),
            external_checks: env.optional(&var::EXTERNAL_CHECKS, external_checks).unwrap_or_default(),
            sentry_dsn: env.optional(&var::SENTRY_DSN, dsn),
            sentry_environment: env.optional(&var::SENTRY_ENVIRONMENT, text),
            sentry_release: env.optional(&var::SENTRY_RELEASE, text),
            sentry_traces_sample_rate: env.required(&var::SENTRY_TRACES_SAMPLE_RATE, share),
            log: env.required(&var::LOG, filter),
            log_format: env.required(&var::LOG_FORMAT, log_format),
            traces: TraceSettings::read(env),
        };
        if settings.drain_deadline <= settings.drain_delay {
            env.fault(&var::DRAIN_DEADLINE, "is not longer than CAMPOTECH_DRAIN_DELAY");
        }
        settings
    }
}

fn networks(list: &str) -> Result<Networks, String> {
    Networks::parse(list)
        .map_err(|_| "holds what is no network, or one with bits set after its prefix".to_owned())
}

/// One without the other is a mistake, whichever is missing.
fn tls(env: &mut Env) -> Option<TlsPaths> {
    let path = |t: &str| text(t).map(PathBuf::from);
    match (env.optional(&var::TLS_CERT, path), env.optional(&var::TLS_KEY, path)) {
        (Some(cert), Some(key)) => return Some(TlsPaths { cert, key }),
        (Some(_), None) => env.fault(&var::TLS_CERT, "is of no use without CAMPOTECH_TLS_KEY"),
        (None, Some(_)) => env.fault(&var::TLS_KEY, "is of no use without CAMPOTECH_TLS_CERT"),
        (None, None) => {}
    }
    None
}

/// The guards' own messages show the value, which may have been meant for another variable.
fn without_value(error: &ConfigError) -> String {
    let problem = match error {
        ConfigError::Network(_) => "holds what is neither an address nor a network",
        ConfigError::HostBits { .. } => "holds a network with bits set after its prefix",
        ConfigError::TrustsEveryone(_) => "holds a network that trusts every address",
        ConfigError::Origin(_) => "holds what is no origin (scheme, host, port; no path)",
        ConfigError::AnyOrigin => "allows every origin",
        ConfigError::NullOrigin => "allows the origin null, which is anybody's",
        ConfigError::QuotaRange => "is not a quota of 1 or more in 1 s to 31 days",
        _ => "is not a quota",
    };
    problem.to_owned()
}

fn dsn(value: &str) -> Result<Secret, String> {
    match SentryConfig::new().with_dsn(value) {
        Ok(_) => Ok(Secret::new(value)),
        Err(_) => Err("is not a Sentry DSN".to_owned()),
    }
}

fn share(value: &str) -> Result<f32, String> {
    let rate = value.parse().map_err(|_| "is not a number".to_owned())?;
    match SentryConfig::new().with_traces_sample_rate(rate) {
        Ok(_) => Ok(rate),
        Err(_) => Err("is not between 0 and 1".to_owned()),
    }
}

fn filter(value: &str) -> Result<String, String> {
    match value.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err("is not a tracing filter".to_owned()),
    }
}

fn detection(value: &str) -> Result<DetectionMode, String> {
    match value {
        "off" => Ok(DetectionMode::Off),
        "report" => Ok(DetectionMode::Report),
        "block" => Ok(DetectionMode::Block),
        _ => Err("is neither off, report nor block".to_owned()),
    }
}

fn log_format(value: &str) -> Result<LogFormat, String> {
    match value {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither text nor json".to_owned()),
    }
}

fn external_checks(value: &str) -> Result<Vec<ExternalCheck>, String> {
    let mut checks: Vec<ExternalCheck> = Vec::new();
    for pair in value.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, url) = pair.split_once('=').ok_or("is not a list of name=url")?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            return Err("holds a name with other characters than a-z, 0-9, _ and -".to_owned());
        }
        if checks.iter().any(|check| check.name == name) {
            return Err("holds a name twice".to_owned());
        }
        // A wrong URL is a wrong variable, found here and not when the check first runs.
        if campotech_health::HttpCheck::new(name, url).is_err() {
            return Err("holds a URL that can't be watched".to_owned());
        }
        checks.push(ExternalCheck { name: name.to_owned(), url: url.to_owned() });
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{OTLP_VARIABLES, Origin, PLATFORM_VARIABLES, Variable};

    fn variables() -> impl Iterator<Item = &'static Variable> {
        PLATFORM_VARIABLES.iter().chain(OTLP_VARIABLES).copied()
    }

    #[test]
    fn every_default_parses_and_every_variable_is_read() {
        let mut env = Env::of::<&str, &str>([]);
        Settings::read(&mut env);
        env.finish().unwrap();
        let read: Vec<_> = env.effective().iter().map(|e| e.variable.name).collect();
        let declared: Vec<_> = variables().map(|v| v.name).collect();
        assert_eq!(read, declared);
        assert!(env.effective().iter().all(|e| e.origin != Origin::Environment));
    }

    #[test]
    fn every_example_parses() {
        let mut env = Env::of(variables().map(|v| (v.name, v.example)));
        Settings::read(&mut env);
        env.finish().unwrap();
    }

    #[test]
    fn every_wrong_value_is_named_and_none_is_repeated() {
        let wrong = "\u{1F4A5}hunter2://";
        let free = ["SENTRY_ENVIRONMENT", "SENTRY_RELEASE"];
        for variable in variables().filter(|v| !free.contains(&v.name)) {
            let mut env = Env::of([(variable.name, wrong)]);
            Settings::read(&mut env);
            let faults = env.finish().expect_err(variable.name).to_string();
            assert!(faults.starts_with(variable.name), "{faults}");
            assert!(!faults.contains("hunter2") && faults.lines().count() == 1, "{faults}");
        }
    }

    #[test]
    fn the_drain_must_have_time_left() {
        let mut env = Env::of([("CAMPOTECH_DRAIN_DELAY", "30s")]);
        Settings::read(&mut env);
        assert!(env.finish().unwrap_err().to_string().starts_with("CAMPOTECH_DRAIN_DEADLINE"));
    }
}
