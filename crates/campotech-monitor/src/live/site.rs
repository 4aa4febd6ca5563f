//! Everything that is watched, and what watches it.

use std::fs;
use std::path::{Path, PathBuf};

use campotech_testkit::{Daemon, DaemonBuilder, Postgres, Redis};

use super::postgres;
use super::prometheus::Client;
use super::receiver::Receiver;
use super::run::LiveError;
use crate::files;

/// The secrets of Alertmanager here.
pub(super) const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(super) const HEARTBEAT_TOKEN: &str = "0123456789abcdef";

/// Seconds between two scrapes.
pub(super) const SCRAPE: u32 = 5;

/// The server with its dependencies, the exporters, Prometheus and Alertmanager, on free ports of this machine.
#[derive(Debug)]
pub struct Site {
    /// The database.
    pub postgres: Postgres,
    /// The database's exporter.
    pub postgres_exporter: Daemon,
    /// Redis.
    pub redis: Redis,
    /// The server: its public port first, its admin port second.
    pub server: Daemon,
    /// Prometheus with the committed configuration.
    pub prometheus: Daemon,
    /// Alertmanager with the committed configuration, and other addresses.
    pub alertmanager: Daemon,
    /// Where Alertmanager's notifications go.
    pub receiver: Receiver,
    _exporters: [Daemon; 2],
}

/// Addresses and jobs that Prometheus is told.
struct Targets<'a>(&'a [(&'a str, &'a Daemon, usize)]);

impl Site {
    /// Starts all of it; `server` is the program.
    ///
    /// # Errors
    /// [`LiveError`].
    ///
    /// # Panics
    /// With the log of a program that doesn't start.
    pub async fn start(server: &Path) -> Result<Self, LiveError> {
        let monitoring = files::monitoring();
        let read = |name: &str| {
            let path = monitoring.join(name);
            fs::read_to_string(&path).map_err(|why| LiveError::of(path.display())(why))
        };
        let receiver = Receiver::start().await.map_err(|why| LiveError::of("the receiver")(why))?;
        let postgres = postgres::start(&monitoring.join("compose/role.sql")).await?;
        let redis = Redis::builder().setting("maxmemory", "64mb").start().await;
        let server = serve(server, &postgres, &redis).await;
        let postgres_exporter = postgres::exporter(&postgres, &read("exporters/postgres-queries.yml")?).await;
        let redis_exporter = redis_exporter(&redis).await;
        let node_exporter = node_exporter().await;
        let alertmanager =
            alertmanager(&receiver, &read("alertmanager/alertmanager.yml")?, &monitoring).await?;
        let targets = [
            ("campotech", &server, 1),
            ("postgres", &postgres_exporter, 0),
            ("redis", &redis_exporter, 0),
            ("node", &node_exporter, 0),
            ("alertmanager", &alertmanager, 0),
        ];
        let prometheus = prometheus(&monitoring.join("prometheus"), &Targets(&targets)).await?;
        Ok(Self {
            postgres,
            postgres_exporter,
            redis,
            server,
            prometheus,
            alertmanager,
            receiver,
            _exporters: [redis_exporter, node_exporter],
        })
    }

    /// Asks its Prometheus.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.prometheus.addr())
    }

    /// Where people look.
    #[must_use]
    pub fn addresses(&self) -> String {
        let admin = self.server.addrs().nth(1).unwrap_or_else(|| self.server.addr());
        format!(
            "  server        {}\n  admin         http://{admin}/status\n  Prometheus    {}\n  Alertmanager  {}",
            self.server.url(),
            self.prometheus.url(),
            self.alertmanager.url()
        )
    }
}

impl Targets<'_> {
    fn file(&self, job: &str) -> String {
        let addrs = self.0.iter().filter(|(name, ..)| *name == job);
        addrs.fold(String::new(), |text, (_, daemon, port)| {
            let addr = daemon.addrs().nth(*port).unwrap_or_else(|| daemon.addr());
            format!("{text}- targets: [\"{addr}\"]\n")
        })
    }
}

async fn serve(program: &Path, postgres: &Postgres, redis: &Redis) -> Daemon {
    DaemonBuilder::at(program)
        .ports(2)
        .env("CAMPOTECH_LISTEN", "{addr}")
        .env("CAMPOTECH_ADMIN_LISTEN", "{addr2}")
        .env("CAMPOTECH_DATA_DIR", "{dir}/data")
        .env("CAMPOTECH_LOG", "warn")
        .env("DATABASE_URL", postgres.url())
        .env("REDIS_URL", redis.url())
        .ready_at(0, "/ready")
        .start()
        .await
}

async fn redis_exporter(redis: &Redis) -> Daemon {
    DaemonBuilder::installed("prometheus-redis-exporter", "prometheus-redis-exporter")
        .env("REDIS_ADDR", redis.url())
        .arg("-web.listen-address={addr}")
        .start()
        .await
}

async fn node_exporter() -> Daemon {
    DaemonBuilder::installed("prometheus-node-exporter", "prometheus-node-exporter")
        .arg("--web.listen-address={addr}")
        .start()
        .await
}

/// The committed configuration; only where notifications go and where the secrets lie are this machine's.
async fn alertmanager(receiver: &Receiver, config: &str, monitoring: &Path) -> Result<Daemon, LiveError> {
    let base = format!("http://{}", receiver.addr());
    let mut config = config.to_owned();
    for (theirs, ours) in [
        ("https://events.pagerduty.com/v2/enqueue", format!("{base}/pagerduty")),
        ("http://heartbeat:8080/watchdog", format!("{base}/webhook")),
    ] {
        if !config.contains(theirs) {
            return Err(LiveError::new(format!("alertmanager.yml does not name {theirs}")));
        }
        config = config.replace(theirs, &ours);
    }
    let mut builder = DaemonBuilder::installed("prometheus-alertmanager", "prometheus-alertmanager")
        .file("secrets/pagerduty-routing-key", ROUTING_KEY)
        .file("secrets/slack-url", format!("{base}/slack"))
        .file("secrets/heartbeat-token", HEARTBEAT_TOKEN)
        .file("alertmanager.yml", config)
        .arg("--config.file={dir}/alertmanager.yml")
        .arg("--storage.path={dir}/data")
        .arg("--cluster.listen-address=")
        .arg("--web.listen-address={addr}")
        .ready_at(0, "/-/ready");
    for path in listed(&monitoring.join("alertmanager/templates"))? {
        let name = format!("templates/{}", path.file_name().unwrap_or_default().display());
        builder = builder.file(name, text(&path)?);
    }
    Ok(builder.start().await)
}

/// The committed configuration and rules; only the intervals and the targets are this machine's.
async fn prometheus(folder: &Path, targets: &Targets<'_>) -> Result<Daemon, LiveError> {
    let config = faster(&text(&folder.join("prometheus.yml"))?)?;
    let mut builder = DaemonBuilder::installed("prometheus", "prometheus")
        .file("prometheus.yml", config)
        .file("alerts.yml", text(&folder.join("alerts.yml"))?)
        .file("recording.yml", text(&folder.join("recording.yml"))?)
        .arg("--config.file={dir}/prometheus.yml")
        .arg("--storage.tsdb.path={dir}/data")
        .arg("--web.listen-address={addr}")
        .ready_at(0, "/-/ready");
    for path in listed(&folder.join("targets"))? {
        let job = path.file_stem().unwrap_or_default().display().to_string();
        // Prometheus knows its own address only when it has one: it fills its own file in below.
        builder = builder.file(format!("targets/{job}.yml"), targets.file(&job));
    }
    let daemon = builder.start().await;
    let own = format!("- targets: [\"{}\"]\n", daemon.addr());
    fs::write(daemon.dir().join("targets/prometheus.yml"), own)
        .map_err(|why| LiveError::of("targets")(why))?;
    Ok(daemon)
}

/// Scrapes and evaluates more often than a fleet needs, so that a run is minutes.
fn faster(config: &str) -> Result<String, LiveError> {
    let mut replaced = 0;
    let lines = config.lines().map(|line| {
        let name = ["scrape_interval:", "evaluation_interval:", "scrape_timeout:"]
            .into_iter()
            .find(|name| line.trim_start().starts_with(name));
        let Some(name) = name else { return line.to_owned() };
        replaced += 1;
        let seconds = if name == "scrape_timeout:" { SCRAPE - 1 } else { SCRAPE };
        let indent = &line[..line.len() - line.trim_start().len()];
        format!("{indent}{name} {seconds}s")
    });
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    if replaced >= 3 { Ok(text) } else { Err(LiveError::new("prometheus.yml sets no intervals".to_owned())) }
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, LiveError> {
    let entries = fs::read_dir(folder).map_err(|why| LiveError::of(folder.display())(why))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn text(path: &Path) -> Result<String, LiveError> {
    fs::read_to_string(path).map_err(|why| LiveError::of(path.display())(why))
}
