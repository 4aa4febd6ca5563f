//! The server that is attacked, with what it depends on, and two people who have nothing to do with each other.

use std::io;
use std::path::Path;

use campotech_testkit::{Daemon, DaemonBuilder, Postgres, RawConnection, RawResponse, Redis};
use serde_json::{Value, json};

/// The secret that callbacks are signed with; the server and everybody who asks it are on this machine.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

const PASSWORD: &str = "una frase larga y tranquila";

/// Their quotas would end the scan before it begins. What they do has tests of its own.
const FREE: [(&str, &str); 3] = [
    ("CAMPOTECH_RATE_STANDARD", "1000000/1m"),
    ("CAMPOTECH_RATE_AUTH", "10000/1m"),
    ("CAMPOTECH_RATE_WEBHOOK", "1000000/1m"),
];

/// A server with PostgreSQL and Redis, on free ports of this machine.
pub(crate) struct Site {
    pub(crate) server: Daemon,
    /// Names and tokens; neither may see what is the other's.
    pub(crate) people: Vec<(&'static str, String)>,
    _postgres: Postgres,
    _redis: Redis,
}

impl Site {
    /// Starts all of it, and registers them.
    pub(crate) async fn start(program: &Path) -> Self {
        let (postgres, redis) = tokio::join!(Postgres::start(), Redis::start());
        let server = DaemonBuilder::at(program)
            .ports(2)
            .env("CAMPOTECH_LISTEN", "{addr}")
            .env("CAMPOTECH_ADMIN_LISTEN", "{addr2}")
            .env("CAMPOTECH_DATA_DIR", "{dir}/data")
            .env("CAMPOTECH_LOG", "warn")
            .env("CAMPOTECH_WHATSAPP_APP_SECRET", SECRET)
            .env("CAMPOTECH_WHATSAPP_VERIFY_TOKEN", SECRET)
            .env("DATABASE_URL", postgres.url())
            .env("REDIS_URL", redis.url())
            .ready_at(0, "/ready");
        let server =
            FREE.iter().fold(server, |server, (name, value)| server.env(*name, *value)).start().await;
        let mut people = Vec::new();
        for name in ["ana", "beto"] {
            people.push((name, log_in(&server, name).await));
        }
        Self { server, people, _postgres: postgres, _redis: redis }
    }

    /// What the attack left behind: a server that is down, whatever it logged as an error, and people who have nothing, to
    /// whom every door was closed.
    pub(crate) async fn left(&self) -> Vec<String> {
        let log = self.server.log();
        let mut left: Vec<_> = log
            .lines()
            .filter(|line| line.contains("ERROR") || line.contains("panicked"))
            .map(str::to_owned)
            .collect();
        if !ask(&self.server, "GET", "/ready", "", "").await.is_ok_and(|ready| ready.status == 200) {
            left.push("the server is not ready any more".to_owned());
        }
        for list in ["/api/v1/jobs", "/api/v1/customers"] {
            let mut found = 0;
            for (_, token) in &self.people {
                let bearer = format!("authorization: Bearer {token}\r\n");
                found += ask(&self.server, "GET", list, &bearer, "").await.map_or(0, |answer| items(&answer));
            }
            if found == 0 {
                left.push(format!("{list} has nothing: nobody got as far as that"));
            }
        }
        left
    }
}

fn items(answer: &RawResponse) -> usize {
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer["items"].as_array().map_or(0, Vec::len)
}

/// Registers somebody; the token.
async fn log_in(server: &Daemon, name: &str) -> String {
    let email = format!("{name}@example.com");
    let who = json!({"email": email, "password": PASSWORD, "name": name}).to_string();
    assert_eq!(ask(server, "POST", "/api/v1/auth/register", "", &who).await.unwrap().status, 201);
    let who = json!({"email": email, "password": PASSWORD}).to_string();
    let answer = ask(server, "POST", "/api/v1/auth/login", "", &who).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

async fn ask(server: &Daemon, method: &str, path: &str, more: &str, body: &str) -> io::Result<RawResponse> {
    let mut connection = RawConnection::open(server.addr()).await?;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: campotech.test\r\nconnection: close\r\n{more}");
    let typed = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    connection.send(head + &typed).await?;
    connection.receive().await
}
