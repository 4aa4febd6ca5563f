//! The server: what a service team writes around its routes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech::config::Settings;
use campotech::security::cors::OriginList;
use campotech::security::rate_limit::{Algorithm, FailureLimiter, Quota, Tier};
use campotech::security::webhook::{MetaSignature, VerifyToken};
use campotech::validate::CursorKeys;
use campotech::{Platform, PlatformError, Service};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Parts, Webhook};
use crate::auth::PasswordHasher;
use crate::config::ServerSettings;
use crate::events::EventBus;
use crate::queue::{Worker, housekeeping};
use crate::secrets::WebhookSecrets;
use crate::store::{EmbeddedStore, Store, StoreError};
use crate::upkeep::{QueueGauge, Told, queue_check, store_check};
use crate::{http, openapi, report, secrets};

const SERVICE: Service = Service { name: "campotech-server", version: env!("CARGO_PKG_VERSION") };
/// How often expired sessions and old messages are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
const WEBHOOK_BODY: usize = 1 << 20;
/// Per account, whoever tries from wherever.
const LOGIN_FAILURES: NonZeroU32 = NonZeroU32::new(10).unwrap();
const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Why the server did not start, as one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The platform can't be built or can't listen.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The data can't be opened.
    #[error("CAMPOTECH_DATA_DIR: {0}")]
    Store(#[from] StoreError),
    /// A secret can't be read or made.
    #[error("CAMPOTECH_DATA_DIR: the secrets can't be kept: {0}")]
    Secrets(#[from] std::io::Error),
    /// Passwords can't be hashed on this machine.
    #[error("passwords can't be hashed: {0}")]
    Password(#[from] crate::auth::PasswordError),
    /// A guard of the server's own was given something that makes no sense.
    #[error(transparent)]
    Guard(#[from] campotech::security::ConfigError),
    /// The key of the cursors can't be used.
    #[error("CAMPOTECH_DATA_DIR: {0}")]
    CursorKey(#[from] campotech::validate::CursorKeysError),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If it can't start; once it runs, it ends well.
pub async fn run(settings: ServerSettings) -> Result<(), ServeError> {
    let platform = Platform::new(SERVICE, settings.platform.clone())?;
    let store = Store::from(EmbeddedStore::open(&settings.data_dir).await?);
    let secrets = webhook_secrets(&settings)?;
    let app = App::new(Parts {
        store: store.clone(),
        hasher: PasswordHasher::new()?,
        failures: FailureLimiter::new(Quota::new(LOGIN_FAILURES, LOGIN_WINDOW))?,
        cursors: CursorKeys::new(&secrets::cursor_key(&settings.data_dir)?)?,
        webhook: secrets.as_ref().map(Webhook::new).transpose()?,
        events: EventBus::new(),
        metrics: platform.metrics().clone(),
        origins: settings.platform.cors_origins.clone().unwrap_or_else(OriginList::none),
        drain: platform.drain_signal(),
        document: serde_json::from_str(openapi::DOCUMENT).unwrap_or_default(),
    });

    let stop = CancellationToken::new();
    let queue = QueueGauge::default();
    let worker = Worker::new(store.clone(), Arc::new(Told::new(&app)));
    let background = [
        tokio::spawn(worker.run(stop.clone())),
        tokio::spawn(housekeeping(store.clone(), SWEEP_EVERY, stop.clone())),
        tokio::spawn(queue.clone().watch(store.clone(), platform.metrics().clone(), stop.clone())),
    ];

    let platform = with_tiers(platform, &settings.platform)
        .check(store_check(&store))
        .check(queue_check(&store))
        .body_limit("/webhooks/*", WEBHOOK_BODY)
        .signed("/webhooks/*")
        .fact("queue: jobs", {
            let queue = queue.clone();
            move || queue.jobs()
        })
        .fact("queue: voice", move || queue.voice())
        .on_drained(move || async move {
            stop.cancel();
            for task in background {
                let _ = task.await;
            }
            if let Err(error) = store.close().await {
                tracing::error!(%error, "the store did not close");
            }
        });
    let bound = platform.bind(http::routes(app)).await?;
    report::banner(&bound, &settings, secrets.is_some());
    bound.run().await;
    Ok(())
}

fn with_tiers(platform: Platform, settings: &Settings) -> Platform {
    platform
        .tier(Tier::new("auth", settings.rate_auth, Algorithm::SlidingLog).routes(["/api/v1/auth/*"]))
        .tier(Tier::new("webhook", settings.rate_webhook, Algorithm::Gcra).routes(["/webhooks/*"]))
}

/// The given ones; on a loopback listener generated ones; else none, and the webhook answers 503.
fn webhook_secrets(settings: &ServerSettings) -> Result<Option<WebhookSecrets>, std::io::Error> {
    match &settings.webhook {
        Some(secrets) => Ok(Some(secrets.clone())),
        None if settings.platform.listen.ip().is_loopback() => {
            WebhookSecrets::load_or_generate(&settings.data_dir).map(Some)
        }
        None => Ok(None),
    }
}

impl Webhook {
    fn new(secrets: &WebhookSecrets) -> Result<Self, campotech::security::ConfigError> {
        let signature = MetaSignature::new(&secrets.app_secret)?;
        Ok(Self { signature, verify_token: VerifyToken::new(&secrets.verify_token)? })
    }
}
