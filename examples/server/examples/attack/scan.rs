//! schemathesis, told where the server is and who asks.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::site::{SECRET, Site};

/// What it is configured by, and the signature of Meta.
const CONFIGURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/attack/schemathesis.toml");

/// Who asks; in its folder.
const PEOPLE: &str = "people.json";

/// One run.
pub(crate) struct Scan {
    pub(crate) program: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) examples: u32,
    pub(crate) seed: Option<u32>,
}

impl Scan {
    /// Whether nothing was found.
    pub(crate) fn run(&self, site: &Site) -> io::Result<bool> {
        std::fs::create_dir_all(&self.out)?;
        // It is started elsewhere.
        let (program, out) = (std::path::absolute(&self.program)?, self.out.canonicalize()?);
        std::fs::write(out.join(PEOPLE), credentials(site).to_string())?;
        Ok(self.command(&program, &out, site).status()?.success())
    }

    fn command(&self, program: &Path, out: &Path, site: &Site) -> Command {
        let mut command = Command::new(program);
        // It leaves things where it is started, and Python where hooks are.
        let home = Path::new(CONFIGURED).with_file_name("");
        command.current_dir(out).env("PYTHONPATH", home).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("ATTACK_PEOPLE", out.join(PEOPLE)).env("ATTACK_SECRET", SECRET);
        command.args(["--config-file", CONFIGURED, "run"]);
        command.arg(format!("{}/api/openapi.json", site.server.url()));
        command.args(["--checks", "all", "--report-junit-path"]).arg(out.join("junit.xml"));
        command.args(["--max-examples", &self.examples.to_string()]);
        if let Some(seed) = self.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        command
    }
}

/// The people of the site as Web Fuzzing Commons writes them down.
fn credentials(site: &Site) -> Value {
    let one = |(name, token): &(&str, String)| json!({"name": name, "fixedHeaders": [{"name": "Authorization", "value": format!("Bearer {token}")}]});
    json!({"auth": site.people.iter().map(one).collect::<Vec<_>>()})
}
