//! The server: what a service team writes around its routes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use campotech::metrics::Metrics;
use campotech::security::ConfigError;
use campotech::security::cors::OriginList;
use campotech::security::rate_limit::{Algorithm, Quota, SharedFailureLimiter, Tier};
use campotech::security::webhook::{Scheme, VerifyToken, WebhookVerifier};
use campotech::{Platform, PlatformError, Service};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Parts, Webhook};
use crate::auth::PasswordHasher;
use crate::backends::{BackendError, Backends};
use crate::config::ServerSettings;
use crate::queue::{Worker, housekeeping};
use crate::secrets::WebhookSecrets;
use crate::upkeep::{QueueGauge, Told, checks};
use crate::version::{REVISION, VERSION};
use crate::{http, openapi, report};

const SERVICE: Service = Service::new("campotech-server", VERSION).with_revision(REVISION);
/// How often expired sessions and old messages are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// For the workers at the end of a drain, and then for what they had to tell.
const FINISH: Duration = Duration::from_secs(1);
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
    /// A backend can't be opened.
    #[error(transparent)]
    Backend(#[from] BackendError),
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
    Guard(#[from] ConfigError),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If it can't start; once it runs, it ends well.
pub async fn run(settings: ServerSettings) -> Result<(), ServeError> {
    let mut platform = Platform::new(SERVICE, settings.platform.clone())?;
    let mut backends = Backends::open(&settings, platform.metrics()).await?;
    let store = backends.store.clone();
    let secrets = webhook_secrets(&settings)?;
    let app = App::new(Parts {
        store: store.clone(),
        hasher: PasswordHasher::new()?,
        failures: failures(&backends, platform.metrics())?,
        cursors: backends.cursors.clone(),
        webhook: secrets.as_ref().map(|secrets| Webhook::new(secrets, platform.metrics())).transpose()?,
        events: backends.events.clone(),
        metrics: platform.metrics().clone(),
        origins: settings.platform.cors_origins.clone().unwrap_or_else(OriginList::none),
        drain: platform.drain_signal(),
        document: openapi::Document::new()?,
    });

    let background = Background::start(&mut backends, &app, platform.metrics());
    let queue = background.queue.clone();
    let closing = store.clone();
    for check in checks(&backends) {
        platform = platform.check(check);
    }
    if let Some(redis) = &backends.redis {
        platform =
            platform.shared_limits(redis.limits.clone()).fact("Redis connections", redis.connections());
    }
    let platform = platform
        .auth_routes(["/api/v1/auth/*"])
        .webhook_routes("/webhooks/*")
        .csp_reports("/api/v1/reports")
        .fact("dead letters", queue.fact())
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

/// Failed logins of an account, counted with the other replicas where there is a Redis.
fn failures(backends: &Backends, metrics: &Metrics) -> Result<SharedFailureLimiter, ConfigError> {
    let tier = Tier::new("account", Quota::new(LOGIN_FAILURES, LOGIN_WINDOW), Algorithm::SlidingLog);
    let failures = SharedFailureLimiter::new(tier)?.with_observer(Arc::new(metrics.clone()));
    let shared = backends.redis.as_ref().map(|redis| redis.limits.clone());
    Ok(shared.into_iter().fold(failures, SharedFailureLimiter::with_shared))
}

/// What runs beside the requests.
struct Background {
    queue: QueueGauge,
    workers: Group,
    /// Stopped when the last worker has told of what it did.
    bridge: Group,
}

/// Tasks that are stopped together.
#[derive(Default)]
struct Group {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Background {
    fn start(backends: &mut Backends, app: &App, metrics: &Metrics) -> Self {
        let (queue, workers, bridge) = (QueueGauge::default(), Group::default(), Group::default());
        let (store, Group { stop, tasks }) = (backends.store.clone(), &workers);
        let mut worker = Worker::new(store.clone(), Arc::new(Told::new(app)));
        if let Some(redis) = &backends.redis {
            worker = worker.with_streams(redis.queue.clone());
        }
        backends.start(tasks, stop);
        tasks.spawn(worker.run(stop.clone()));
        tasks.spawn(housekeeping(store.clone(), SWEEP_EVERY, stop.clone()));
        tasks.spawn(queue.clone().watch(store, metrics.clone(), stop.clone()));
        backends.start_bridge(&bridge.tasks, &bridge.stop);
        Self { queue, workers, bridge }
    }

    /// What was begun is finished first, within what the drain leaves; the rest is lent again by the store.
    async fn stop(self) {
        if timeout(FINISH, self.workers.end()).await.is_err() {
            tracing::warn!("messages that are being worked on are left to others");
        }
        let _ = timeout(FINISH, self.bridge.end()).await;
    }
}

impl Group {
    async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
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
    fn new(secrets: &WebhookSecrets, metrics: &Metrics) -> Result<Self, ConfigError> {
        let signature = WebhookVerifier::new(Scheme::Meta, &secrets.app_secret)?;
        let signature = signature.with_observer(Arc::new(metrics.clone()));
        Ok(Self { signature, verify_token: VerifyToken::new(&secrets.verify_token)? })
    }
}
