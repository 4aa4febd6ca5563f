//! What a server program is started with.

use std::path::Path;

use super::Daemon;
use crate::process::{Account, Port, Program, Server};

/// Settings of a [`Daemon`] that is about to start.
///
/// In arguments and variables `{addr}` stands for the address of its first port, `{addr2}` for that of the second, and
/// `{dir}` for its directory.
#[derive(Debug, Clone)]
#[must_use]
pub struct DaemonBuilder {
    program: String,
    args: Vec<String>,
    envs: Vec<(String, String)>,
    files: Vec<(String, String)>,
    ports: usize,
    ready: (usize, String),
}

impl DaemonBuilder {
    /// A program in `PATH`, which `package` of Debian brings.
    ///
    /// # Panics
    /// When it is not installed.
    pub fn installed(name: &'static str, package: &'static str) -> Self {
        Self::at(&Program { name, package }.find(&[]))
    }

    /// The program of this path.
    ///
    /// # Panics
    /// When nothing is there.
    pub fn at(path: &Path) -> Self {
        // It starts in a directory of its own.
        let program = path.canonicalize().unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        Self {
            program: program.display().to_string(),
            args: Vec::new(),
            envs: Vec::new(),
            files: Vec::new(),
            ports: 1,
            ready: (0, "/".to_owned()),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets a variable; the program gets `PATH` and these.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.envs.push((name.into(), value.into()));
        self
    }

    /// Writes a file into its directory, such as `rules/alerts.yml`, for its eyes only, as it is.
    pub fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// How many ports it listens on; one where nothing is said.
    pub const fn ports(mut self, ports: usize) -> Self {
        self.ports = ports;
        self
    }

    /// It is ready when this path answers 200 on this port (0 is the first).
    pub fn ready_at(mut self, port: usize, path: impl Into<String>) -> Self {
        self.ready = (port, path.into());
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// With its log when it doesn't start.
    pub async fn start(self) -> Daemon {
        let server = Server::new(Account::OWN);
        for (name, text) in &self.files {
            if let Some(parent) = Path::new(name).parent() {
                std::fs::create_dir_all(server.dir().join(parent)).unwrap();
            }
            server.write(name, text);
        }
        let mut daemon = Daemon { server, ports: Vec::new(), settings: self };
        daemon.start_anywhere().await;
        daemon
    }

    pub(super) fn take_ports(&self) -> Vec<Port> {
        (0..self.ports).map(|_| Port::take()).collect()
    }

    pub(super) fn ready(&self) -> (usize, &str) {
        (self.ready.0, &self.ready.1)
    }

    /// The command line and the variables, for these ports.
    pub(super) fn words(&self, ports: &[Port], dir: &Path) -> (Vec<String>, Vec<(String, String)>) {
        let fill = |text: &str| {
            let mut text = text.replace("{dir}", &dir.display().to_string());
            for (n, port) in ports.iter().enumerate() {
                let name = if n == 0 { "{addr}".to_owned() } else { format!("{{addr{}}}", n + 1) };
                text = text.replace(&name, &port.addr().to_string());
            }
            text
        };
        let words = std::iter::once(self.program.clone()).chain(self.args.iter().map(|arg| fill(arg)));
        let envs = self.envs.iter().map(|(name, value)| (name.clone(), fill(value)));
        (words.collect(), envs.collect())
    }
}
