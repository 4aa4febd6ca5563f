//! A task as ECS has them: a process of the server, from its start to its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use campotech_testkit::{Daemon, DaemonBuilder};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::balancer::{Balancer, Slot};

/// From the last new request to SIGTERM, as a target group's `deregistration_delay`.
const DEREGISTRATION_DELAY: Duration = Duration::from_secs(1);
/// `CAMPOTECH_DRAIN_DELAY` in proportion to the checks: a load balancer has to have seen that it is not ready.
const DRAIN_DELAY: &str = "1500ms";

/// What an image is here: a program, and what is peculiar to how it is run.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    pub(crate) program: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
}

/// Running, or on its way.
pub(crate) struct Task {
    pub(crate) slot: Slot,
    pub(crate) image: String,
    server: OnceLock<Daemon>,
    frozen: AtomicBool,
    stopped: AtomicBool,
    ended: AtomicBool,
}

impl Build {
    /// With these variables, too; what is said later wins.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    async fn start(&self) -> Daemon {
        let mut builder = DaemonBuilder::at(&self.program)
            .env("CAMPOTECH_LISTEN", "{addr}")
            .env("CAMPOTECH_DATA_DIR", "{dir}/data")
            .env("CAMPOTECH_DRAIN_DELAY", DRAIN_DELAY)
            .env("CAMPOTECH_DRAIN_DEADLINE", "10s");
        for (name, value) in &self.variables {
            builder = builder.env(name, value);
        }
        // Not `/ready`: that is for the load balancer to find out.
        builder.ready_at(0, "/live").start().await
    }
}

impl Task {
    pub(crate) fn start(
        slot: Slot,
        image: String,
        build: Build,
        balancer: Arc<Balancer>,
    ) -> (Arc<Self>, JoinHandle<()>) {
        let task = Arc::new(Self {
            slot,
            image,
            server: OnceLock::new(),
            frozen: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let life = tokio::spawn(Arc::clone(&task).live(build, balancer));
        (task, life)
    }

    async fn live(self: Arc<Self>, build: Build, balancer: Arc<Balancer>) {
        let server = build.start().await;
        let server = self.server.get_or_init(|| server);
        balancer.join(self.slot, server.addr());
        // A frozen one is there, and looks well until a check of it has waited for too long.
        while !self.is_stopped() && (self.frozen.load(Ordering::SeqCst) || server.is_up()) {
            sleep(Duration::from_millis(50)).await;
        }
        if server.is_up() {
            balancer.drain(self.slot);
            sleep(DEREGISTRATION_DELAY).await;
            server.stop().await;
        }
        balancer.clear(self.slot);
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Whether it was told to go.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Nobody needs it any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Its process stops in the middle of whatever it does.
    pub(crate) fn freeze(&self) {
        self.frozen.store(true, Ordering::SeqCst);
        self.server.get().unwrap().freeze();
    }

    /// SIGKILL.
    pub(crate) fn kill(&self) {
        self.server.get().unwrap().kill();
        self.frozen.store(false, Ordering::SeqCst);
    }

    /// Its process, once it is there.
    pub(crate) fn server(&self) -> Option<&Daemon> {
        self.server.get()
    }
}
