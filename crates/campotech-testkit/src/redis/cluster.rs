//! A private Redis cluster.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::builder::Role;
use super::nodes::{ask, field, ok, start, until, url};
use super::{Redis, RedisBuilder};

const PRIMARIES: usize = 3;
const SLOTS: usize = 16_384;

/// A failover within seconds, whatever the replica missed; the layout stays as it is otherwise.
const SETTINGS: &[(&str, &str)] = &[
    ("cluster-allow-replica-migration", "no"),
    ("cluster-node-timeout", "2000"),
    ("cluster-replica-validity-factor", "0"),
    ("repl-diskless-sync-delay", "0"),
];

/// Three primaries (0, 1, 2) with a replica each (3, 4, 5).
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
    started_in: Duration,
}

/// A node as another one sees it.
#[derive(Debug)]
struct Seen<'a> {
    id: &'a str,
    port: u16,
    flags: &'a str,
    primary: &'a str,
    epoch: u64,
    slots: Vec<RangeInclusive<u16>>,
}

impl RedisCluster {
    /// Starts one; every node says that the cluster is fine, and every replica has what its primary has.
    ///
    /// # Panics
    /// With the logs when that isn't so within a minute, with the Debian package when Redis isn't installed.
    pub async fn start() -> Self {
        let began = Instant::now();
        let node = SETTINGS.iter().fold(RedisBuilder::default().role(Role::Node), |node, (name, value)| {
            node.setting(*name, *value)
        });
        let nodes = start(std::iter::repeat_n(node, 2 * PRIMARIES)).await;
        let mut cluster = Self { nodes, started_in: Duration::ZERO };
        cluster.join().await;
        cluster.settled().await;
        cluster.started_in = began.elapsed();
        cluster
    }

    /// How a client connects: `redis-cluster://` with all nodes.
    #[must_use]
    pub fn url(&self) -> String {
        url("redis-cluster", &self.nodes)
    }

    /// A node.
    ///
    /// # Panics
    /// When `i` is beyond the last.
    #[must_use]
    pub fn node(&self, i: usize) -> &Redis {
        &self.nodes[i]
    }

    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// The node that serves the slot of `key` now; waits while there is none.
    ///
    /// # Panics
    /// When there is none for a minute.
    pub async fn primary_of(&self, key: &str) -> usize {
        let what = format!("no node serves {key}");
        until(&self.nodes, &what, || self.find_primary(key), || self.state()).await
    }

    /// Ends a node at once; its data stays.
    ///
    /// # Panics
    /// When `i` is beyond the last.
    pub async fn kill(&self, i: usize) {
        self.nodes[i].kill().await;
    }

    /// Starts a node again, on the same port with the same data; it comes back as a replica when another took its place.
    ///
    /// # Panics
    /// When `i` is beyond the last, and with its log when it doesn't start.
    pub async fn restart(&self, i: usize) {
        self.nodes[i].restart().await;
    }

    /// Waits until all nodes that run agree: the cluster is fine, every slot is served by a node that runs, every other one
    /// is a replica that has what its primary has.
    ///
    /// # Panics
    /// With the logs when that isn't so within a minute, as with a primary and its replica both away.
    pub async fn settled(&self) {
        until(&self.nodes, "the cluster does not settle", || self.agreed(), || self.state()).await;
    }

    /// From the call that started it until all was settled.
    #[must_use]
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    async fn join(&self) {
        let mut ids = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            ids.push(node.command(&["CLUSTER", "MYID"]).await);
            ok(node, &["CLUSTER", "SET-CONFIG-EPOCH", &(i + 1).to_string()]).await;
        }
        for (i, node) in self.nodes[..PRIMARIES].iter().enumerate() {
            let (from, to) = (i * SLOTS / PRIMARIES, (i + 1) * SLOTS / PRIMARIES - 1);
            ok(node, &["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()]).await;
        }
        // Every pair, for gossip would take its time.
        for (i, one) in self.nodes.iter().enumerate() {
            for other in &self.nodes[i + 1..] {
                let bus = other.bus.as_ref().unwrap().number().to_string();
                let port = other.addr().port().to_string();
                ok(one, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
            }
        }
        until(&self.nodes, "the nodes do not meet", || self.met(), || self.state()).await;
        for (node, primary) in self.nodes[PRIMARIES..].iter().zip(&ids) {
            ok(node, &["CLUSTER", "REPLICATE", primary]).await;
        }
    }

    async fn met(&self) -> Option<()> {
        for node in &self.nodes {
            let table = ask(node, &["CLUSTER", "NODES"]).await?;
            let seen = parse(&table)?;
            let knows =
                seen.len() == self.nodes.len() && seen.iter().all(|node| !node.flags.contains("handshake"));
            knows.then_some(())?;
        }
        Some(())
    }

    async fn find_primary(&self, key: &str) -> Option<usize> {
        let mut best = None;
        for (i, node) in self.nodes.iter().enumerate() {
            let Some(slot) = ask(node, &["CLUSTER", "KEYSLOT", key]).await else { continue };
            let Some(table) = ask(node, &["CLUSTER", "NODES"]).await else { continue };
            let (slot, seen) = (slot.parse().ok()?, parse(&table)?);
            let own = seen.iter().find(|node| node.flags.contains("myself"))?;
            if own.slots.iter().any(|range| range.contains(&slot)) {
                // One that came back may not have heard yet that it was replaced.
                best = best.max(Some((own.epoch, i)));
            }
        }
        best.map(|(_, i)| i)
    }

    async fn agreed(&self) -> Option<()> {
        let up: Vec<_> = self.nodes.iter().filter(|node| node.is_up()).collect();
        let is_up = |port: u16| up.iter().any(|node| node.addr().port() == port);
        let mut layout = None;
        for node in &up {
            let info = ask(node, &["CLUSTER", "INFO"]).await?;
            (field(&info, "cluster_state") == Some("ok")).then_some(())?;
            let table = ask(node, &["CLUSTER", "NODES"]).await?;
            let seen = parse(&table)?;
            let mut owners = Vec::new();
            for other in seen.iter().filter(|other| is_up(other.port) || !other.slots.is_empty()) {
                let well =
                    is_up(other.port) && !other.flags.contains("fail") && !other.flags.contains("handshake");
                let serves = other.flags.contains("master") && !other.slots.is_empty();
                let follows = seen.iter().any(|one| one.id == other.primary && !one.slots.is_empty());
                (well && (serves || follows)).then_some(())?;
                owners.push((other.port, other.primary.to_owned(), other.slots.clone()));
            }
            owners.sort_by_key(|(port, ..)| *port);
            (*layout.get_or_insert_with(|| owners.clone()) == owners).then_some(())?;
            let replication = ask(node, &["INFO", "replication"]).await?;
            let own = seen.iter().find(|one| one.flags.contains("myself"))?;
            let fine = if own.slots.is_empty() {
                field(&replication, "master_link_status") == Some("up")
            } else {
                let replicas = seen.iter().filter(|one| one.primary == own.id && is_up(one.port)).count();
                replication.matches("state=online").count() >= replicas
            };
            fine.then_some(())?;
        }
        Some(())
    }

    async fn state(&self) -> String {
        let mut all = String::new();
        for node in &self.nodes {
            let table = ask(node, &["CLUSTER", "NODES"]).await;
            all = format!("{all}{}:\n{}\n", node.addr(), table.unwrap_or_default());
        }
        all
    }
}

/// What `CLUSTER NODES` says.
fn parse(table: &str) -> Option<Vec<Seen<'_>>> {
    table.lines().map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Seen<'_>> {
    let fields: Vec<_> = line.split(' ').collect();
    let (&[id, addr, flags, primary, _, _, epoch, _], slots) = fields.split_first_chunk::<8>()?;
    let port = addr.split_once('@')?.0.rsplit_once(':')?.1.parse().ok()?;
    // In brackets: a slot on its way to another node.
    let slots = slots.iter().filter(|slot| !slot.starts_with('[')).map(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some(from.parse().ok()?..=to.parse().ok()?)
    });
    Some(Seen { id, port, flags, primary, epoch: epoch.parse().ok()?, slots: slots.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_nodes_is_read() {
        let table = "07c3 127.0.0.1:30004@31004 slave e7d1 0 1426238317239 4 connected\n\
                     e7d1 127.0.0.1:30001@31001,host myself,master - 0 0 1 connected 0-5460 9 [93-<-2b]\n";
        let seen = parse(table).unwrap();
        assert_eq!((seen[0].port, seen[0].primary, seen[0].epoch), (30_004, "e7d1", 4));
        assert_eq!(seen[1].slots, [0..=5460, 9..=9]);
        assert!(parse("cut off").is_none());
    }
}
