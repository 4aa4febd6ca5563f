//! The server: what a service team writes around its routes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech::metrics::Metrics;
use campotech::security::cors::OriginList;
use campotech::security::rate_limit::{FailureLimiter, Quota};
use campotech::security::webhook::{MetaSignature, VerifyToken};
use campotech::validate::CursorKeys;
use campotech::{Platform, PlatformError, Service};
use tokio::task::JoinHandle;
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
    #[error("CAMPOTECH_DATA_DIR")]
    Store(#[from] StoreError),
    /// A secret can't be read or made.
    #[error("CAMPOTECH_DATA_DIR: the secrets can't be kept")]
    Secrets(#[from] std::io::Error),
    /// The contract is no JSON: a fault of the program, and found at the start.
    #[error("the OpenAPI document is damaged")]
    Contract(#[from] serde_json::Error),
    /// Passwords can't be hashed on this machine.
    #[error("passwords can't be hashed")]
    Password(#[from] crate::auth::PasswordError),
    /// A guard of the server's own was given something that makes no sense.
    #[error(transparent)]
    Guard(#[from] campotech::security::ConfigError),
    /// The key of the cursors can't be used.
    #[error("CAMPOTECH_DATA_DIR: the key of the cursors is damaged")]
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
        webhook: secrets.as_ref().map(|secrets| Webhook::new(secrets, platform.metrics())).transpose()?,
        events: EventBus::new(),
        metrics: platform.metrics().clone(),
        origins: settings.platform.cors_origins.clone().unwrap_or_else(OriginList::none),
        drain: platform.drain_signal(),
        document: serde_json::from_str(openapi::DOCUMENT)?,
    });

    let background = Background::start(&store, &app, &platform);
    let queue = background.queue.clone();
    let closing = store.clone();
    let platform = platform
        .auth_routes(["/api/v1/auth/*"])
        .webhook_routes("/webhooks/*")
        .check(store_check(&store))
        .check(queue_check(&store))
        .fact("queue: jobs", queue.fact(QueueGauge::jobs))
        .fact("queue: voice", queue.fact(QueueGauge::voice))
        .fact("dead letters", queue.fact(QueueGauge::dead))
        .on_drained(move || async move {
            background.stop().await;
            if let Err(error) = closing.close().await {
                tracing::error!(%error, "the store did not close");
            }
        });
    match platform.bind(http::routes(app)).await {
        Ok(bound) => {
            report::banner(&bound, &settings, secrets.is_some());
            bound.run().await;
            Ok(())
        }
        Err(error) => {
            let _ = store.close().await;
            Err(error.into())
        }
    }
}

/// What runs beside the requests.
struct Background {
    stop: CancellationToken,
    queue: QueueGauge,
    tasks: [JoinHandle<()>; 3],
}

impl Background {
    fn start(store: &Store, app: &App, platform: &Platform) -> Self {
        let stop = CancellationToken::new();
        let queue = QueueGauge::default();
        let worker = Worker::new(store.clone(), Arc::new(Told::new(app)));
        let watch = queue.clone().watch(store.clone(), platform.metrics().clone(), stop.clone());
        let tasks = [
            tokio::spawn(worker.run(stop.clone())),
            tokio::spawn(housekeeping(store.clone(), SWEEP_EVERY, stop.clone())),
            tokio::spawn(watch),
        ];
        Self { stop, queue, tasks }
    }

    /// What was begun is finished first.
    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
    }
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
    fn new(secrets: &WebhookSecrets, metrics: &Metrics) -> Result<Self, campotech::security::ConfigError> {
        let signature = MetaSignature::new(&secrets.app_secret)?.with_observer(Arc::new(metrics.clone()));
        Ok(Self { signature, verify_token: VerifyToken::new(&secrets.verify_token)? })
    }
}
