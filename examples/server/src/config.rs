//! The server's own variables, beside those of the platform.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use campotech::config::{ConfigFaults, Env, Settings, Variable, count, text};

use crate::redis::RedisSettings;
use crate::secrets::WebhookSecrets;
use crate::store::{DatabaseSettings, MAX_POOL};
use crate::tls::TlsRoots;

macro_rules! variables {
    ($( $ident:ident = $name:literal, $default:expr, $example:literal, $secret:literal, $meaning:literal; )*) => {
        $( static $ident: Variable = Variable {
            name: $name, default: $default, meaning: $meaning, example: $example, secret: $secret,
        }; )*
        /// Every variable of the server itself.
        pub static SERVER_VARIABLES: &[&Variable] = &[$(&$ident),*];
    };
}

variables! {
    DATA_DIR = "CAMPOTECH_DATA_DIR", Some(".campotech"), "/var/lib/campotech", false, "embedded store; locked against a second process";
    DATABASE_URL = "DATABASE_URL", None, "postgres://campotech:secret@db.internal/campotech", true, "PostgreSQL that replicas share; unset: the embedded store";
    DATABASE_POOL = "CAMPOTECH_DATABASE_POOL", Some("10"), "10", false, "connections of this replica to PostgreSQL";
    REDIS_URL = "REDIS_URL", None, "redis://:secret@redis.internal", true, "Redis for limits, queue and events of all replicas (redis-cluster://, redis-sentinel:// too); unset: in the process";
    REDIS_PREFIX = "CAMPOTECH_REDIS_PREFIX", Some("campotech"), "campotech-staging", false, "what keys and channels in Redis begin with; one for each database";
    TLS_ROOTS = "CAMPOTECH_TLS_ROOTS", None, "/etc/campotech/roots.pem", false, "PEM file of root certificates for PostgreSQL and Redis, beside the public ones";
    APP_SECRET = "CAMPOTECH_WHATSAPP_APP_SECRET", None, "0123456789abcdef0123456789abcdef", true, "signs the callbacks of WhatsApp; generated on a loopback listener";
    VERIFY_TOKEN = "CAMPOTECH_WHATSAPP_VERIFY_TOKEN", None, "a-long-random-word", true, "shown in the handshake of WhatsApp; generated on a loopback listener";
}

/// What the environment says about the server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// The platform's part.
    pub platform: Settings,
    /// The folder of the embedded store.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of the embedded store.
    pub database: Option<DatabaseSettings>,
    /// Connections to it.
    pub database_pool: NonZeroUsize,
    /// Redis for what replicas share besides.
    pub redis: Option<RedisSettings>,
    /// What keys and channels in Redis begin with.
    pub redis_prefix: String,
    /// What their certificates are verified by.
    pub tls_roots: TlsRoots,
    /// The secrets of the webhook, where both are given.
    pub webhook: Option<WebhookSecrets>,
}

impl ServerSettings {
    /// Reads every variable.
    ///
    /// # Errors
    /// A line for each that is wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigFaults> {
        let platform = Settings::read(env);
        let data_dir = PathBuf::from(env.required(&DATA_DIR, text));
        let database = env.optional(&DATABASE_URL, DatabaseSettings::parse);
        let database_pool = env.required(&DATABASE_POOL, pool_size);
        let redis = env.optional(&REDIS_URL, RedisSettings::parse);
        let redis_prefix = env.required(&REDIS_PREFIX, redis_prefix);
        let tls_roots = env.optional(&TLS_ROOTS, TlsRoots::read).unwrap_or_default();
        let app_secret = env.optional(&APP_SECRET, secret);
        let verify_token = env.optional(&VERIFY_TOKEN, secret);
        let webhook = match (app_secret, verify_token) {
            (Some(app_secret), Some(verify_token)) => Some(WebhookSecrets { app_secret, verify_token }),
            (None, None) => None,
            (Some(_), None) => {
                env.fault(&VERIFY_TOKEN, "is not set, and CAMPOTECH_WHATSAPP_APP_SECRET is");
                None
            }
            (None, Some(_)) => {
                env.fault(&APP_SECRET, "is not set, and CAMPOTECH_WHATSAPP_VERIFY_TOKEN is");
                None
            }
        };
        env.finish()?;
        Ok(Self { platform, data_dir, database, database_pool, redis, redis_prefix, tls_roots, webhook })
    }
}

fn pool_size(value: &str) -> Result<NonZeroUsize, String> {
    let size = count(value)?;
    if size.get() <= MAX_POOL { Ok(size) } else { Err(format!("is more than {MAX_POOL}")) }
}

fn redis_prefix(value: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
    if (1..=64).contains(&value.len()) && value.bytes().all(plain) {
        Ok(value.to_owned())
    } else {
        Err("is not 1 to 64 characters of a-z, 0-9, _, - and .".to_owned())
    }
}

fn secret(value: &str) -> Result<String, String> {
    let fine = value.len() >= 16 && value.bytes().all(|b| b.is_ascii_graphic());
    if fine { Ok(value.to_owned()) } else { Err("is not 16 or more visible ASCII characters".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(pairs: &[(&str, &str)]) -> String {
        ServerSettings::read(&mut Env::of(pairs.iter().copied())).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_fine() {
        let settings = ServerSettings::read(&mut Env::of::<&str, &str>([])).unwrap();
        assert_eq!(settings.data_dir, PathBuf::from(".campotech"));
        assert_eq!(settings.webhook, None);
    }

    #[test]
    fn a_wrong_server_is_named_and_its_password_is_not_repeated() {
        for (name, value) in [
            ("DATABASE_URL", "mysql://u:hunter2@db/x"),
            ("DATABASE_URL", "postgres://u:hunter2@db"),
            ("REDIS_URL", "http://:hunter2@r"),
            ("CAMPOTECH_DATABASE_POOL", "0"),
            ("CAMPOTECH_REDIS_PREFIX", "{hunter2}"),
            ("CAMPOTECH_DATABASE_POOL", "501"),
            ("CAMPOTECH_TLS_ROOTS", "/no/such/file"),
        ] {
            let line = faults(&[(name, value)]);
            assert!(
                line.starts_with(name) && line.lines().count() == 1 && !line.contains("hunter2"),
                "{line}"
            );
        }
    }

    #[test]
    fn servers_are_taken() {
        let pairs = [("DATABASE_URL", "postgres://u:hunter2@db/x"), ("REDIS_URL", "redis://:hunter2@r")];
        let settings = ServerSettings::read(&mut Env::of(pairs)).unwrap();
        assert!(settings.database.is_some() && settings.redis.is_some());
        assert_eq!(settings.database_pool.get(), 10);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_webhook_needs_both_secrets() {
        assert!(
            faults(&[("CAMPOTECH_WHATSAPP_APP_SECRET", "0123456789abcdef")])
                .starts_with("CAMPOTECH_WHATSAPP_VERIFY")
        );
        assert!(
            faults(&[("CAMPOTECH_WHATSAPP_VERIFY_TOKEN", "0123456789abcdef")])
                .starts_with("CAMPOTECH_WHATSAPP_APP")
        );
        assert!(faults(&[("CAMPOTECH_WHATSAPP_APP_SECRET", "short")]).contains("16 or more"));
    }
}
