//! `image`: the container image by buildah, from the Dockerfile and a static server; and pushed where that is asked for.

use super::{Verb, ended, installs, usage};
use crate::binary::{self, Release};
use crate::cmd::Cmd;
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "image",
    usage: "image [--push REPOSITORY] [--install]",
    summary: "the container image, without a daemon; --push tells the digest, also to a workflow",
    run: image,
};

const DOCKERFILE: &str = "infrastructure/deploy/image/Dockerfile";
const ROOTS: &str = "infrastructure/deploy/image/roots";

/// What whoever runs it relies on: words of `buildah inspect`, and what they have to say.
const CONFIG: [(&str, &str); 5] = [
    ("User", "10001:10001"),
    ("Entrypoint", "[/campotech-server]"),
    ("Env", "CAMPOTECH_LISTEN=0.0.0.0:8080"),
    ("ExposedPorts", "9090/tcp"),
    ("Healthcheck", "/campotech-server probe"),
];

fn image(args: &[String]) -> ExitCode {
    let (install, words) = installs(args);
    let repository = match words[..] {
        [] => None,
        ["--push", repository] => Some(repository),
        _ => return usage(&VERB),
    };
    ended(Workspace::load().and_then(|workspace| {
        tools::ensure(&workspace, Kit::Image, install)?;
        let release = Release::of(&workspace)?;
        let name = name(&release);
        let Some(repository) = repository else {
            return build(&workspace, &release, &binary::built(&workspace, &release)?);
        };
        clean(&workspace)?;
        let to = format!("{repository}:{}", release.revision);
        let digest = match published(&workspace, &to)? {
            Some(digest) => digest,
            None => {
                if !buildah(&workspace, "inspect").args(["--type", "image", &name]).run(&workspace)?.success {
                    build(&workspace, &release, &binary::built(&workspace, &release)?)?;
                }
                push(&workspace, &name, &to)?
            }
        };
        tell(repository, &digest)
    }))
}

/// What is pushed is a commit, and not what somebody has on a disk.
fn clean(workspace: &Workspace) -> Result<(), String> {
    let told = Cmd::new("git").args(["status", "--porcelain"]).run(workspace)?;
    let changed = !told.lines.is_empty();
    told.success()?;
    if changed { Err("there are changes that are not committed".to_owned()) } else { Ok(()) }
}

/// A commit has one image: what was tested in one place is what is delivered to the next.
fn published(workspace: &Workspace, to: &str) -> Result<Option<String>, String> {
    let told = Cmd::new("skopeo")
        .args(["inspect", "--no-tags", "--format", "{{.Digest}}", &format!("docker://{to}")])
        .run(workspace)?;
    Ok(told.lines.last().filter(|_| told.success).cloned())
}

fn name(release: &Release) -> String {
    format!("localhost/campotech-server:{}", release.revision)
}

/// The last stage of the Dockerfile around this server; what its first one would make lies in a folder. Then it is looked at.
pub(super) fn build(workspace: &Workspace, release: &Release, server: &Path) -> Result<(), String> {
    let name = &name(release);
    let context = workspace.target.join("image/stage");
    let root = context.join("root-of-image");
    lay_out(&workspace.root, server, &root).map_err(|why| format!("{}: {why}", root.display()))?;
    let told = Cmd::new("git").args(["show", "--no-patch", "--format=%ct", "HEAD"]).run(workspace)?;
    let time = told.lines.first().cloned().unwrap_or_default();
    told.success()?;
    buildah(workspace, "build")
        .args(["--isolation", "chroot", "--format", "docker", "--timestamp", &time, "--pull-never"])
        .args(["--build-context".to_owned(), format!("build={}", context.display())])
        .args(["--build-arg".to_owned(), format!("VERSION={}", release.version)])
        .args(["--build-arg".to_owned(), format!("REVISION={}", release.revision)])
        .args(["--tag", name, "--file", DOCKERFILE])
        .args([&context])
        .run(workspace)?
        .success()?;
    look(workspace, name)
}

/// As the first stage of the Dockerfile leaves it.
fn lay_out(workspace: &Path, server: &Path, root: &Path) -> std::io::Result<()> {
    if root.exists() {
        std::fs::remove_dir_all(root)?;
    }
    let roots = root.join("etc/campotech/roots");
    std::fs::create_dir_all(root.join("data"))?;
    std::fs::create_dir_all(&roots)?;
    std::fs::copy(server, root.join("campotech-server"))?;
    for file in std::fs::read_dir(workspace.join(ROOTS))? {
        let file = file?;
        if file.path().extension().is_some_and(|end| end == "pem") {
            std::fs::copy(file.path(), roots.join(file.file_name()))?;
        }
    }
    Ok(())
}

/// What the image says of itself, and the server in it at work.
fn look(workspace: &Workspace, name: &str) -> Result<(), String> {
    for (word, wanted) in CONFIG {
        let format = format!("{{{{.Docker.Config.{word}}}}}");
        let told = buildah(workspace, "inspect")
            .args(["--type", "image", "--format", &format, name])
            .run(workspace)?;
        let said = told.lines.join(" ");
        told.success()?;
        if !said.contains(wanted) {
            return Err(format!("{word} of the image is {said}, and not {wanted}"));
        }
    }
    let told = buildah(workspace, "from").args(["--pull-never", name]).run(workspace)?;
    let container = told.lines.last().cloned().unwrap_or_default();
    told.success()?;
    let run = buildah(workspace, "run").args([
        "--isolation",
        "chroot",
        &container,
        "--",
        "/campotech-server",
        "check-config",
    ]);
    let ran = run.run(workspace)?.success();
    buildah(workspace, "rm").args([&container]).run(workspace)?.success()?;
    ran
}

/// Under the name of the commit; what it is known by from then on is its digest.
fn push(workspace: &Workspace, name: &str, to: &str) -> Result<String, String> {
    let file = workspace.target.join("image/digest");
    let digest = file.clone().into_os_string();
    let words = ["--digestfile".into(), digest, name.into(), format!("docker://{to}").into()];
    buildah(workspace, "push").args(words).run(workspace)?.success()?;
    std::fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))
}

/// To a person, and to the workflow that asks.
fn tell(repository: &str, digest: &str) -> Result<(), String> {
    println!("{repository}@{digest}");
    let Some(output) = std::env::var_os("GITHUB_OUTPUT") else {
        return Ok(());
    };
    let failed = |why: std::io::Error| format!("GITHUB_OUTPUT: {why}");
    let mut output = std::fs::File::options().append(true).create(true).open(output).map_err(failed)?;
    writeln!(output, "image={repository}@{digest}\ndigest={digest}").map_err(failed)
}

/// Without a daemon, mounts, or anybody else's images.
fn buildah(workspace: &Workspace, word: &str) -> Cmd {
    let home = workspace.target.join("image");
    let (images, runs) = (home.join("images"), home.join("runs"));
    let place = ["--root".into(), images.into_os_string(), "--runroot".into(), runs.into_os_string()];
    Cmd::new("buildah").args(["--storage-driver", "vfs"]).args(place).args([word])
}
