//! What a private Redis is started with.

use std::time::{Duration, Instant};

use super::Redis;
use crate::certificate::Certificate;
use crate::process::{Account, Port, Program, Server};

/// What differs from Redis' own defaults in a server of data: whatever was acknowledged survives `SIGKILL`.
const SETTINGS: &[(&str, &str)] =
    &[("appendfsync", "always"), ("appendonly", "yes"), ("enable-debug-command", "local"), ("save", "\"\"")];

/// What a process of `redis-server` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// A server of data.
    #[default]
    Data,
    /// A server of data in a cluster.
    Node,
    /// A sentinel.
    Sentinel,
}

/// Settings of a [`Redis`] that is about to start.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct RedisBuilder {
    settings: Vec<(String, String)>,
    password: Option<String>,
    tls: bool,
    role: Role,
}

impl RedisBuilder {
    /// Adds a line to `redis.conf`, such as `appendonly no`; an empty value is `""`, a value with blanks is several words.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = Some(value.into()).filter(|value| !value.is_empty());
        self.settings.push((name.into(), value.unwrap_or_else(|| "\"\"".to_owned())));
        self
    }

    /// Clients must authenticate with `password`.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Speaks TLS only, with a certificate for 127.0.0.1 and localhost.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    pub(super) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// With the server's log when it doesn't start, with the Debian package when it isn't installed.
    pub async fn start(self) -> Redis {
        let began = Instant::now();
        let program = Program { name: "redis-server", package: "redis-server" }.find(&[]);
        let server = Server::new(Account::OWN);
        let tls = self.tls.then(Certificate::new);
        if let Some(tls) = &tls {
            server.write("ca.crt", &tls.ca_pem);
            server.write("server.crt", &tls.cert_pem);
            server.write("server.key", &tls.key_pem);
        }
        let program = program.to_str().unwrap().to_owned();
        let mut redis = Redis {
            server,
            port: Port::take(),
            bus: (self.role == Role::Node).then(Port::take),
            program,
            role: self.role,
            settings: self.settings,
            password: self.password,
            tls,
            started_in: Duration::ZERO,
        };
        redis.start_anywhere().await;
        redis.started_in = began.elapsed();
        redis
    }
}

/// The text of `redis.conf`.
pub(super) fn conf(redis: &Redis) -> String {
    let port = redis.port.number().to_string();
    let bus = redis.bus.as_ref().map(|bus| bus.number().to_string());
    let mut lines = vec![("bind", "127.0.0.1")];
    if redis.tls.is_some() {
        lines.extend([("port", "0"), ("tls-port", &port), ("tls-auth-clients", "no")]);
        lines.extend([("tls-ca-cert-file", "ca.crt"), ("tls-cert-file", "server.crt")]);
        lines.push(("tls-key-file", "server.key"));
    } else {
        lines.push(("port", &port));
    }
    if redis.role != Role::Sentinel {
        lines.extend(SETTINGS);
    }
    if let Some(bus) = &bus {
        lines.extend([
            ("cluster-enabled", "yes"),
            ("cluster-config-file", "nodes.conf"),
            ("cluster-port", bus),
        ]);
    }
    let password = redis.password.as_deref().map(quote);
    if let Some(password) = &password {
        lines.extend([("requirepass", password.as_str()), ("masterauth", password)]);
    }
    lines.extend(redis.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    lines.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
}

fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
