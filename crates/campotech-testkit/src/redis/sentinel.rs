//! A private Redis watched by sentinels.

use std::time::{Duration, Instant};

use super::builder::Role;
use super::nodes::{ask, field, start, until, url};
use super::{Redis, RedisBuilder};

/// The name under which the sentinels know the primary.
const SERVICE: &str = "campotech";
const QUORUM: usize = 2;

/// One primary with two replicas, and three sentinels of which two decide.
#[derive(Debug)]
pub struct RedisSentinel {
    // Ended first: they would start a failover.
    sentinels: Vec<Redis>,
    nodes: Vec<Redis>,
    started_in: Duration,
}

impl RedisSentinel {
    /// Starts one; the replicas have what the primary has, and the sentinels know them and each other. A primary that is
    /// away for a second is replaced.
    ///
    /// # Panics
    /// With the logs when that isn't so within a minute, with the Debian package when Redis isn't installed.
    pub async fn start() -> Self {
        let began = Instant::now();
        let node = || Redis::builder().setting("repl-diskless-sync-delay", "0");
        let mut nodes = vec![node().start().await];
        let port = nodes[0].addr().port();
        nodes.append(
            &mut start((0..2).map(|_| node().setting("replicaof", format!("127.0.0.1 {port}")))).await,
        );
        let mut all = Self { sentinels: Vec::new(), nodes, started_in: Duration::ZERO };
        // A sentinel asks the primary for its replicas when it starts, and then only every ten seconds.
        all.wait("the replicas do not follow", || all.following(0)).await;
        let sentinel = RedisBuilder::default()
            .role(Role::Sentinel)
            .setting("sentinel", format!("monitor {SERVICE} 127.0.0.1 {port} {QUORUM}"))
            .setting("sentinel", format!("down-after-milliseconds {SERVICE} 1000"))
            .setting("sentinel", format!("failover-timeout {SERVICE} 5000"));
        all.sentinels = start(std::iter::repeat_n(sentinel, 3)).await;
        all.wait("the sentinels do not meet", || all.met()).await;
        all.started_in = began.elapsed();
        all
    }

    /// How a client connects: `redis-sentinel://` with all sentinels and the name of the service.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}&sentinelServiceName={SERVICE}", url("redis-sentinel", &self.sentinels))
    }

    /// A server of data.
    ///
    /// # Panics
    /// When `i` is beyond the last.
    #[must_use]
    pub fn node(&self, i: usize) -> &Redis {
        &self.nodes[i]
    }

    /// All servers of data; the first is the primary at the start.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// The sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[Redis] {
        &self.sentinels
    }

    /// The server that enough sentinels call the primary, and that runs and says so itself; waits while there is none.
    ///
    /// # Panics
    /// With the logs when there is none for a minute.
    pub async fn primary(&self) -> usize {
        self.wait("no primary", || self.find_primary()).await
    }

    /// Ends the primary at once, and says which it was; [`primary`](Self::primary) waits for the next one.
    ///
    /// # Panics
    /// When there is no primary for a minute.
    pub async fn kill_primary(&self) -> usize {
        let primary = self.primary().await;
        self.nodes[primary].kill().await;
        primary
    }

    /// Starts a server of data again, on the same port with the same data; the sentinels make it a replica after a while.
    ///
    /// # Panics
    /// When `i` is beyond the last, and with its log when it doesn't start.
    pub async fn restart(&self, i: usize) {
        self.nodes[i].restart().await;
    }

    /// Waits until there is a primary, and all other servers that run have what it has.
    ///
    /// # Panics
    /// With the logs when that isn't so within a minute.
    pub async fn settled(&self) {
        let settled = || async { self.following(self.find_primary().await?).await };
        self.wait("the servers do not settle", settled).await;
    }

    /// From the call that started it until all was ready.
    #[must_use]
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    async fn wait<T, F: Future<Output = Option<T>>>(&self, what: &str, ask: impl Fn() -> F) -> T {
        until(&self.sentinels, what, ask, || self.state()).await
    }

    async fn find_primary(&self) -> Option<usize> {
        let mut votes = vec![0; self.nodes.len()];
        for sentinel in &self.sentinels {
            let addr = ask(sentinel, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]).await;
            let port = addr.and_then(|addr| addr.lines().nth(1)?.parse().ok());
            if let Some(i) = self.nodes.iter().position(|node| Some(node.addr().port()) == port) {
                votes[i] += 1;
            }
        }
        let primary = votes.iter().position(|votes| *votes >= QUORUM)?;
        let info = ask(&self.nodes[primary], &["INFO", "replication"]).await?;
        (field(&info, "role") == Some("master")).then_some(primary)
    }

    /// Whether all others that run are replicas of `primary`.
    async fn following(&self, primary: usize) -> Option<()> {
        let port = self.nodes[primary].addr().port().to_string();
        let mut online = 0;
        for (_, node) in self.nodes.iter().enumerate().filter(|(i, node)| *i != primary && node.is_up()) {
            let info = ask(node, &["INFO", "replication"]).await?;
            let follows = field(&info, "master_port") == Some(&port);
            (follows && field(&info, "master_link_status") == Some("up")).then_some(())?;
            online += 1;
        }
        let info = ask(&self.nodes[primary], &["INFO", "replication"]).await?;
        (info.matches("state=online").count() >= online).then_some(())
    }

    async fn met(&self) -> Option<()> {
        for sentinel in &self.sentinels {
            let known = ask(sentinel, &["SENTINEL", "MASTER", SERVICE]).await?;
            let words: Vec<_> = known.lines().collect();
            let is = |key: &str, value: &str| words.windows(2).any(|pair| pair == [key, value]);
            (is("flags", "master") && is("num-slaves", "2") && is("num-other-sentinels", "2"))
                .then_some(())?;
        }
        Some(())
    }

    async fn state(&self) -> String {
        let mut all = String::new();
        for node in &self.nodes {
            let info = ask(node, &["INFO", "replication"]).await;
            all = format!("{all}{}:\n{}\n", node.addr(), info.unwrap_or_default());
        }
        all
    }
}
