//! `audit`: what is built and shipped, read by linters and scanners; and a planted fault for each, which it has to find.

use super::sbom;
use super::test::passes;
use super::{Verb, in_steps};
use crate::cmd::Cmd;
use crate::counts::Tally;
use crate::deny;
use crate::step::{Runner, StepResult};
use crate::tools::{AUDIT, Kit};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "audit",
    usage: "audit",
    summary: "workflows, image, manifests, templates, secrets and dependencies, by their linters",
    run: audit,
};

/// Of trivy: nothing is fetched, nothing is told to anybody, and a finding is a failure.
const TRIVY: [&str; 5] =
    ["--skip-check-update", "--skip-version-check", "--disable-telemetry", "--quiet", "--exit-code=1"];

const WORKFLOWS: &str = ".github/workflows";
const DEPLOY: &str = "infrastructure/deploy";
const DOCKERFILE: &str = "infrastructure/deploy/image/Dockerfile";

fn audit(args: &[String]) -> ExitCode {
    in_steps(&VERB, args, Kit::Audit, steps)
}

fn steps(workspace: &Workspace, run: &mut Runner) {
    run.step("workflows", || {
        let files = listed(&workspace.root.join(WORKFLOWS), "yml")?;
        passes(workspace, zizmor(workspace).args([".github"]))?;
        passes(workspace, tool(workspace, "actionlint").args(["-color=false"]).args(&files))?;
        for schema in ["vendor.github-workflows", "custom.github-workflows-require-timeout"] {
            let words = ["--quiet", "--builtin-schema", schema];
            passes(workspace, tool(workspace, "check-jsonschema").args(words).args(&files))?;
        }
        Ok(Tally::one())
    });
    run.step("compose", || {
        let words = ["--quiet", "--builtin-schema", "vendor.compose-spec", "infrastructure/compose.yaml"];
        passes(workspace, tool(workspace, "check-jsonschema").args(words))
    });
    run.step("image", || passes(workspace, tool(workspace, "hadolint").args([DOCKERFILE])));
    run.step("scripts", || passes(workspace, Cmd::new("shellcheck").args([".ci/run"])));
    run.step("templates", || {
        let templates = listed(&workspace.root.join(DEPLOY).join("cloudformation"), "yaml")?;
        passes(workspace, tool(workspace, "cfn-lint").args(templates))
    });
    run.step("manifests", || manifests(workspace));
    run.step("trivy", || {
        passes(workspace, tool(workspace, "trivy").args(["config"]).args(TRIVY).args([DEPLOY]))
    });
    run.step("secrets", || secrets(workspace));
    run.step("sbom", || {
        sbom::write(workspace)?;
        Ok(Tally::one())
    });
    run.step("deny", || deny::rules(workspace));
    run.step("advisories", || deny::advisories(workspace));
    run.step("cargo audit", || passes(workspace, deny::audit(workspace)?));
    run.step("planted", || planted(workspace));
}

/// In all that was ever committed; in sources without a history, in what is there.
fn secrets(workspace: &Workspace) -> StepResult {
    let history = Cmd::new("git").args(["rev-list", "--count", "HEAD"]).run(workspace)?.success;
    if history {
        return passes(workspace, gitleaks(workspace).args(["git", "."]));
    }
    for folder in ["crates", "docs", "examples", "infrastructure"] {
        passes(workspace, gitleaks(workspace).args(["dir", folder]))?;
    }
    Ok(Tally::one())
}

/// Each overlay, rendered, against the schemas of Kubernetes.
fn manifests(workspace: &Workspace) -> StepResult {
    let out = workspace.target.join("audit");
    std::fs::create_dir_all(&out).map_err(|why| format!("{}: {why}", out.display()))?;
    for overlay in ["staging", "production"] {
        let folder = workspace.root.join(DEPLOY).join("kubernetes/overlays").join(overlay);
        let rendered = out.join(format!("{overlay}.yaml"));
        let render = Cmd::new("kubectl").args(["kustomize"]).args([folder]).args(["--output"]);
        passes(workspace, render.args([&rendered]))?;
        passes(workspace, tool(workspace, "kubernetes-validate").args(["--strict"]).args([&rendered]))?;
        passes(workspace, tool(workspace, "trivy").args(["config"]).args(TRIVY).args([&rendered]))?;
    }
    Ok(Tally::one())
}

/// A workflow without permissions that takes whatever a tag is today.
const WORKFLOW: &str =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n";

/// An image that runs as root.
const ROOT: &str = "FROM debian:bookworm-slim\nUSER root\nENTRYPOINT [\"/bin/true\"]\n";

/// A container that may do everything.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: b\n      securityContext: {privileged: true, readOnlyRootFileSystem: true}\n";

/// A dependency with an advisory.
const LOCK: &str = "version = 4\n[[package]]\nname = \"time\"\nversion = \"0.1.42\"\n";

/// What is planted has to be found: a check that can't fail shows nothing.
fn planted(workspace: &Workspace) -> StepResult {
    let at = workspace.target.join("audit/planted");
    let broken = |why: std::io::Error| format!("{}: {why}", at.display());
    let _ = std::fs::remove_dir_all(&at);
    std::fs::create_dir_all(at.join("secret")).map_err(broken)?;
    // Put together here, so that this file holds no secret.
    let secret = format!("token = \"{}_{}\"\n", "ghp", "b7Kq2ZxW9vRt4LmN8sYpA3dF6gHjC1eUo5Ti");
    let locked = std::fs::read_to_string(workspace.root.join("Cargo.lock")).map_err(broken)?;
    // From where everything comes, as cargo writes it.
    let source = locked.lines().find(|line| line.starts_with("source = ")).unwrap_or_default();
    let lock = format!("{LOCK}{source}\n");
    for (name, text) in [
        ("workflow.yml", WORKFLOW),
        ("Dockerfile", ROOT),
        ("pod.yaml", POD),
        ("template.yaml", "Resources: {A: {Type: AWS::ECS::Service, Properties: {Clusterr: a}}}\n"),
        ("script.sh", "#!/bin/bash\nrm -rf $1/*\n"),
        ("secret/file", &secret),
        ("Cargo.lock", &lock),
    ] {
        std::fs::write(at.join(name), text).map_err(broken)?;
    }
    let file = |name: &str| at.join(name).into_os_string();
    let trivy = |name: &str| tool(workspace, "trivy").args(["config"]).args(TRIVY).args([file(name)]);
    let schema = ["--builtin-schema", "custom.github-workflows-require-timeout"];
    // What is planted, who has to find it, and the word for it: another finding would be none.
    let tries = [
        ("an unpinned action", "unpinned-uses", zizmor(workspace).args([file("workflow.yml")])),
        (
            "a job without a timeout",
            "timeout-minutes",
            tool(workspace, "check-jsonschema").args(schema).args([file("workflow.yml")]),
        ),
        ("a root image, by hadolint", "DL3002", tool(workspace, "hadolint").args([file("Dockerfile")])),
        ("a root image, by trivy", "DS-0002", trivy("Dockerfile")),
        ("a privileged pod", "KSV-0017", trivy("pod.yaml")),
        (
            "a misspelt field of a pod",
            "readOnlyRootFileSystem",
            tool(workspace, "kubernetes-validate").args(["--strict"]).args([file("pod.yaml")]),
        ),
        (
            "a misspelt property of a template",
            "Clusterr",
            tool(workspace, "cfn-lint").args([file("template.yaml")]),
        ),
        ("a word that splits", "SC2086", Cmd::new("shellcheck").args([file("script.sh")])),
        ("a secret", "leaks found: 1", gitleaks(workspace).args(["dir"]).args([file("secret")])),
        (
            "an advisory",
            "RUSTSEC-2020-0071",
            deny::audit(workspace)?.args(["--file"]).args([file("Cargo.lock")]),
        ),
    ];
    let mut missed = Vec::new();
    for (what, word, cmd) in tries {
        let done = cmd.run(workspace)?;
        let told = done.lines.iter().any(|line| line.contains(word));
        if done.code == Some(0) || !told {
            missed.push(format!("{what} was not found: {:?}, and no word of {word}", done.code));
        }
    }
    if missed.is_empty() { Ok(Tally::one()) } else { Err(missed.join("\n").into()) }
}

fn tool(workspace: &Workspace, program: &str) -> Cmd {
    Cmd::new(AUDIT.program(workspace, program))
}

fn zizmor(workspace: &Workspace) -> Cmd {
    let words = ["--offline", "--no-config", "--persona=pedantic", "--no-progress"];
    tool(workspace, "zizmor").args(words)
}

fn gitleaks(workspace: &Workspace) -> Cmd {
    let config = workspace.root.join(".gitleaks.toml");
    tool(workspace, "gitleaks").args(["--no-banner", "--redact", "--config"]).args([config])
}

/// The files of a folder with this ending, in order.
fn listed(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(format!("{}: no file to read", folder.display())) } else { Ok(files) }
}
