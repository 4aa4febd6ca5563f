//! `image`: the container image by buildah, from the Dockerfile and a static server.

use super::{Verb, ended, installs, usage};
use crate::binary::{self, Release};
use crate::cmd::{Cmd, cargo};
use crate::tools::{self, Kit};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) const VERB: Verb = Verb {
    name: "image",
    usage: "image [--out DIR]",
    summary: "the container image, without a daemon; --out has it as a file, with the program that delivers it",
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
    let out = match words[..] {
        [] => None,
        ["--out", dir] => Some(PathBuf::from(dir)),
        _ => return usage(&VERB),
    };
    ended(Workspace::load().and_then(|workspace| {
        tools::ensure(&workspace, Kit::Image, install)?;
        let release = Release::of(&workspace)?;
        if out.is_some() {
            clean(&workspace)?;
        }
        build(&workspace, &release, &binary::built(&workspace, &release)?)?;
        out.map_or(Ok(()), |out| write(&workspace, &release, &out))
    }))
}

/// What is delivered is a commit, and not what somebody has on a disk.
fn clean(workspace: &Workspace) -> Result<(), String> {
    let told = Cmd::new("git").args(["status", "--porcelain"]).run(workspace)?;
    let changed = !told.lines.is_empty();
    told.success()?;
    if changed { Err("there are changes that are not committed".to_owned()) } else { Ok(()) }
}

/// `image.tar`, and `campotech-deploy`: what pushes and delivers builds nothing itself.
fn write(workspace: &Workspace, release: &Release, out: &Path) -> Result<(), String> {
    let out = workspace.root.join(out);
    let failed = |why: std::io::Error| format!("{}: {why}", out.display());
    std::fs::create_dir_all(&out).map_err(failed)?;
    let archive = out.join("image.tar");
    if archive.exists() {
        std::fs::remove_file(&archive).map_err(failed)?;
    }
    let to = format!("docker-archive:{}", archive.display());
    buildah(workspace, "push").args([name(release), to]).run(workspace)?.success()?;
    cargo(["build", "--locked", "--package", "campotech-deploy"]).run(workspace)?.success()?;
    let built = workspace.target.join("debug/campotech-deploy");
    binary::strip(workspace, "--strip-debug", &built, &out.join("campotech-deploy"))
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
    let time = told.lines.first().filter(|_| told.success).map_or("0", String::as_str);
    buildah(workspace, "build")
        .args(["--isolation", "chroot", "--format", "docker", "--timestamp", time, "--pull-never"])
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

/// What the image says of itself, and the server in it, which is asked for its settings.
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

/// Without a daemon, mounts, or anybody else's images.
fn buildah(workspace: &Workspace, word: &str) -> Cmd {
    let home = workspace.target.join("image");
    let (images, runs) = (home.join("images"), home.join("runs"));
    let place = ["--root".into(), images.into_os_string(), "--runroot".into(), runs.into_os_string()];
    Cmd::new("buildah").args(["--storage-driver", "vfs"]).args(place).args([word])
}
