//! slowhttptest from one address, and whether a client at another is answered. The server of each form is a process of its
//! own with the descriptors that a Linux gives by default.
//!
//! `CAMPOTECH_SLOWHTTPTEST=long` runs the long form: each attack by itself, 2,000 connections, 60 s, default settings; and
//! the same against plain `axum::serve`. Run it with `--no-capture` for the figures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use campotech_serve::Server;
use campotech_testkit::RawConnection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::start;

const THIS: &str = "slowhttptest::a_client_elsewhere_is_answered_while_one_is_slow";
const ROLE: &str = "CAMPOTECH_SLOWHTTPTEST_ROLE";
const GUARDED: &str = "campotech-serve";
const PLAIN: &str = "axum::serve";
/// The soft limit of a process under most Linux systems.
const DESCRIPTORS: u64 = 1024;

struct Form {
    connections: u32,
    seconds: u64,
    servers: &'static [&'static str],
    /// Attacks that run at the same time.
    waves: &'static [&'static [&'static str]],
}

const SHORT: Form =
    Form { connections: 200, seconds: 10, servers: &[GUARDED], waves: &[&["-H", "-B", "-X"]] };
const LONG: Form =
    Form { connections: 2000, seconds: 60, servers: &[GUARDED, PLAIN], waves: &[&["-H"], &["-B"], &["-X"]] };

/// A server in a process of its own, which ends with this one.
struct Process {
    child: Child,
    addr: SocketAddr,
}

struct Probes {
    asked: u32,
    answered: u32,
    slowest: Duration,
}

#[tokio::test]
async fn a_client_elsewhere_is_answered_while_one_is_slow() {
    if let Ok(role) = std::env::var(ROLE) {
        return serve(&role).await;
    }
    let long = std::env::var_os("CAMPOTECH_SLOWHTTPTEST").is_some_and(|form| form == "long");
    let form = if long { LONG } else { SHORT };
    for name in form.servers {
        for wave in form.waves {
            let server = Process::start(name, long);
            let attacks: Vec<_> = wave.iter().map(|kind| attack(kind, server.addr, &form)).collect();
            let (probes, most) = probe(&server, Duration::from_secs(form.seconds)).await;
            for mut attack in attacks {
                attack.wait().unwrap();
            }
            let Probes { asked, answered, slowest } = probes;
            let line = format!(
                "SLOW {name} {} connections={} seconds={} answered={answered}/{asked} slowest={slowest:?} \
                 most_sockets={most} resident={} MiB",
                wave.concat(),
                form.connections,
                form.seconds,
                server.resident() >> 20,
            );
            std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
            if *name == GUARDED {
                assert_eq!(answered, asked, "{line}");
            }
        }
    }
}

/// Asks from 127.0.0.2, on a new connection each time; and how many sockets the server had at most.
async fn probe(server: &Process, lasts: Duration) -> (Probes, usize) {
    let until = Instant::now() + lasts;
    let (mut probes, mut most) = (Probes { asked: 0, answered: 0, slowest: Duration::ZERO }, 0);
    while Instant::now() < until {
        let began = Instant::now();
        let asking = async {
            let mut client = RawConnection::open_from("127.0.0.2".parse().unwrap(), server.addr).await?;
            client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await?;
            client.receive().await
        };
        let answer = tokio::time::timeout(Duration::from_secs(5), asking).await;
        probes.asked += 1;
        if answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status == 200)) {
            probes.answered += 1;
            probes.slowest = probes.slowest.max(began.elapsed());
        }
        most = most.max(server.sockets());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (probes, most)
}

fn attack(kind: &str, addr: SocketAddr, form: &Form) -> Child {
    let (connections, seconds) = (form.connections.to_string(), form.seconds.to_string());
    let rate = (form.connections / 5).to_string();
    let mut command = Command::new("slowhttptest");
    command.args(["-c", &connections, "-l", &seconds, "-r", &rate, "-p", "3", kind]);
    match kind {
        "-B" => command.args(["-i", "5", "-s", "65536", "-x", "8", "-t", "POST"]),
        "-X" => command.args(["-n", "2", "-w", "1", "-y", "16", "-z", "5", "-k", "3"]),
        _ => command.args(["-i", "5", "-x", "8"]),
    };
    let path = match kind {
        "-B" => "post",
        "-X" => "big",
        _ => "",
    };
    command.args(["-u", &format!("http://{addr}/{path}")]).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().expect("slowhttptest runs (the Debian package slowhttptest)")
}

async fn serve(role: &str) {
    let (role, long) = role.split_once(' ').unwrap();
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), ..limit }).unwrap();
    let big = Bytes::from(vec![b'x'; 4 << 20]);
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/post", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/big", get(|| async move { big }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let told = format!("ADDR {}\n", listener.local_addr().unwrap());
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    let (here, parent) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        drop(here);
    });
    tokio::select! {
        _ = parent => {}
        () = listen(listener, router, role == PLAIN, long == "false") => {}
    }
}

async fn listen(listener: tokio::net::TcpListener, router: Router, plain: bool, short: bool) {
    if plain {
        return axum::serve(listener, router).await.unwrap();
    }
    let mut server = Server::from_listener(listener).unwrap();
    if short {
        let time = Duration::from_secs(3);
        server = server
            .with_first_request_timeout(time)
            .and_then(|server| server.with_head_timeout(time))
            .and_then(|server| server.with_body_stall_timeout(time))
            .and_then(|server| server.with_write_stall_timeout(time))
            .unwrap()
            .with_max_connections_per_network(500.try_into().unwrap());
    }
    start(server, router).task.await.unwrap();
}

impl Process {
    fn start(name: &str, long: bool) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", THIS, "--nocapture"])
            .env(ROLE, format!("{name} {long}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let addr = loop {
            let line = lines.next().expect("the server says where it is").unwrap();
            if let Some(addr) = line.strip_prefix("ADDR ") {
                break addr.parse().unwrap();
            }
        };
        // What else it has to say is nobody's business, but must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addr }
    }

    fn sockets(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).into_iter().flatten().flatten();
        open.filter(|fd| {
            std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        })
        .count()
    }

    fn resident(&self) -> u64 {
        let pages = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
