//! The server's own variables, beside those of the platform.

use std::path::PathBuf;

use campotech::config::{ConfigFaults, Env, Settings, Variable, text};

use crate::secrets::WebhookSecrets;

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
    DATABASE_URL = "DATABASE_URL", None, "", true, "PostgreSQL; this version has the embedded store only";
    REDIS_URL = "REDIS_URL", None, "", true, "Redis; this version keeps limits, queue and events in the process";
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
        env.optional(&DATABASE_URL, |_| refuse("PostgreSQL", "the embedded store"));
        env.optional(&REDIS_URL, |_| refuse("Redis", "limits, queue and events in the process"));
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
        Ok(Self { platform, data_dir, webhook })
    }
}

fn refuse(what: &str, instead: &str) -> Result<(), String> {
    Err(format!("{what} is not supported by this version, which has {instead}: unset it"))
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
    fn servers_that_come_later_are_refused_clearly() {
        let line = faults(&[("DATABASE_URL", "postgres://u:hunter2@db/x")]);
        assert!(
            line.starts_with("DATABASE_URL: PostgreSQL is not supported") && !line.contains("hunter2"),
            "{line}"
        );
        assert!(faults(&[("REDIS_URL", "redis://r")]).starts_with("REDIS_URL: Redis is not supported"));
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
