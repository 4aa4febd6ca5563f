//! HAProxy in the load balancer's place: two frontends, and a server for each task that a colour can have.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use campotech_testkit::{Daemon, DaemonBuilder};

use crate::support::Colour;

/// Tasks that a colour can have at once, those that are on their way out among them.
pub(crate) const SLOTS: u32 = 6;

pub(crate) struct Balancer {
    daemon: Daemon,
    socket: PathBuf,
}

/// Where requests come in; a backend of the same name is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frontend {
    Production,
    Test,
}

/// What it does about a task that refuses, or dies over a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resend {
    /// As a load balancer on AWS.
    Nothing,
    /// What can't have been begun, and reads: to another task, up to three times.
    Reads,
}

/// The place of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) colour: Colour,
    /// From 1.
    pub(crate) number: u32,
}

/// What HAProxy knows of a server of production.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) slot: Slot,
    pub(crate) healthy: bool,
    /// Requests that it has and has not answered.
    pub(crate) pending: u64,
    /// Attempts after a first one, here or at another task.
    pub(crate) resent: u64,
    /// To clients, of any status.
    pub(crate) answers: u64,
    /// 5xx, and attempts without an answer.
    pub(crate) errors: u64,
}

impl Frontend {
    const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

impl Slot {
    fn all() -> impl Iterator<Item = Self> {
        let of = |colour| (1..=SLOTS).map(move |number| Self { colour, number });
        of(Colour::Blue).chain(of(Colour::Green))
    }

    fn name(self) -> String {
        format!("{}{}", self.colour.name(), self.number)
    }
}

impl Balancer {
    pub(crate) async fn start(resend: Resend) -> Self {
        let builder = DaemonBuilder::installed("haproxy", "haproxy").ports(2);
        let builder = ["-db", "-f", "{dir}/haproxy.cfg"].into_iter().fold(builder, DaemonBuilder::arg);
        let daemon = builder
            .file("haproxy.cfg", configuration())
            .env("PRODUCTION", "{addr}")
            .env("TEST", "{addr2}")
            .env("SOCKET", "{dir}/socket")
            .env("RETRIES", if resend == Resend::Reads { "3" } else { "0" })
            .ready_at(0, "/haproxy")
            .start()
            .await;
        let socket = daemon.dir().join("socket");
        Self { daemon, socket }
    }

    pub(crate) fn url(&self, frontend: Frontend) -> String {
        format!("http://{}", self.daemon.addrs().nth(frontend as usize).unwrap())
    }

    /// A task is there; it gets requests when its checks pass.
    pub(crate) fn join(&self, slot: Slot, addr: SocketAddr) {
        let name = slot.name();
        let mut words = String::new();
        for backend in ["production", "test"] {
            let (ip, port) = (addr.ip(), addr.port());
            write!(words, "set server {backend}/{name} addr {ip} port {port};").unwrap();
        }
        // A server that leaves maintenance counts as healthy until a check says something else.
        write!(words, "set server production/{name} state drain;set server production/{name} health down;")
            .unwrap();
        write!(words, "set server production/{name} state ready;set server test/{name} state ready").unwrap();
        self.say(&words);
    }

    /// A task is to go: what it has is finished, and nothing new comes.
    pub(crate) fn drain(&self, slot: Slot) {
        self.set_state(slot, "drain");
    }

    /// A task is gone.
    pub(crate) fn clear(&self, slot: Slot) {
        self.set_state(slot, "maint");
    }

    fn set_state(&self, slot: Slot, state: &str) {
        let name = slot.name();
        self.say(&format!("set server production/{name} state {state};set server test/{name} state {state}"));
    }

    /// All servers of a backend at once; those that are not named get nothing.
    pub(crate) fn weigh(&self, frontend: Frontend, weights: &[(Slot, u32)]) {
        let weight = |slot| weights.iter().find(|(known, _)| *known == slot).map_or(0, |(_, weight)| *weight);
        let one =
            |slot: Slot| format!("set server {}/{} weight {}", frontend.name(), slot.name(), weight(slot));
        self.say(&Slot::all().map(one).collect::<Vec<_>>().join(";"));
    }

    pub(crate) fn look(&self) -> Vec<Seen> {
        let said = self.say("show stat");
        let mut lines = said.lines();
        let names: Vec<_> = lines.next().unwrap().trim_start_matches("# ").split(',').collect();
        let at = |name: &str| names.iter().position(|known| *known == name).unwrap();
        let rows: Vec<Vec<_>> = lines.map(|line| line.split(',').collect()).collect();
        let seen = |slot: Slot| {
            let name = slot.name();
            let row = rows.iter().find(|row| row[0] == "production" && row.get(1) == Some(&&*name)).unwrap();
            let sum =
                |names: &[&str]| names.iter().map(|name| row[at(name)].parse::<u64>().unwrap_or(0)).sum();
            Seen {
                slot,
                healthy: row[at("status")].starts_with("UP"),
                pending: sum(&["scur"]),
                resent: sum(&["wretr", "wredis"]),
                answers: sum(&["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx"]),
                errors: sum(&["hrsp_5xx", "econ", "eresp"]),
            }
        };
        Slot::all().map(seen).collect()
    }

    /// What it logged of requests that did not end well, for whoever reads a failure.
    pub(crate) fn complaints(&self) -> String {
        let log = self.daemon.log();
        let bad = |line: &&str| {
            let words: Vec<_> = line.split_whitespace().collect();
            let status = words.iter().skip_while(|word| word.matches('/').count() != 4).nth(1);
            status.is_some_and(|status| !status.starts_with(['1', '2']))
                || line.starts_with("Server production/")
        };
        log.lines().filter(bad).collect::<Vec<_>>().join("\n")
    }

    fn say(&self, words: &str) -> String {
        let mut socket = UnixStream::connect(&self.socket).unwrap();
        socket.write_all(format!("{words}\n").as_bytes()).unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).unwrap();
        for wrong in ["Unknown command", "No such server", "Require", "Invalid"] {
            assert!(!said.contains(wrong), "{words}: {said}");
        }
        said
    }
}

fn configuration() -> String {
    let mut text = include_str!("haproxy.cfg").to_owned();
    for slot in Slot::all() {
        writeln!(text, "    server {} 127.0.0.1:1", slot.name()).unwrap();
    }
    text.push_str("\nbackend test\n    balance roundrobin\n    default-server disabled weight 0\n");
    for slot in Slot::all() {
        writeln!(text, "    server {0} 127.0.0.1:1 track production/{0}", slot.name()).unwrap();
    }
    text
}
