//! The program of the container image, built as its Dockerfile builds it, and what it has to be.

use crate::cmd::{Cmd, cargo};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// A program that was built before, to be taken in the place of a new one.
pub(crate) const BUILT: &str = "CAMPOTECH_STATIC_SERVER";

/// The most that it may have without its symbols.
const LARGEST: u64 = 25_000_000;

/// What a build says of itself.
#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) version: String,
    pub(crate) revision: String,
}

impl Release {
    /// The version of the manifests, and the commit that is checked out.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, String> {
        let server =
            workspace.metadata.workspace_packages().into_iter().find(|p| p.name == "campotech-server");
        let version = server.ok_or("there is no campotech-server")?.version.to_string();
        let told = Cmd::new("git").args(["rev-parse", "HEAD"]).run(workspace)?;
        // Sources without a history are built, too.
        let revision =
            told.lines.first().filter(|_| told.success).map_or("unknown", String::as_str).to_owned();
        Ok(Self { version, revision })
    }
}

/// The server for the image: functions have their names, for error tracking, and nothing else that only debuggers read.
pub(crate) fn built(workspace: &Workspace, release: &Release) -> Result<PathBuf, String> {
    if let Some(before) = std::env::var_os(BUILT).filter(|path| !path.is_empty()) {
        let before = PathBuf::from(before);
        stands_alone(workspace, &before)?;
        return Ok(before);
    }
    let whole = build(workspace, release)?;
    let server = beside(workspace, "campotech-server")?;
    strip(workspace, "--strip-debug", &whole, &server)?;
    stands_alone(workspace, &server)?;
    let said = Cmd::new(&server).args(["--version"]).run(workspace)?;
    let wanted = format!("campotech-server {} ({})", release.version, release.revision);
    if said.lines == [&*wanted] {
        Ok(server)
    } else {
        Err(format!("it says {:?} and not {wanted:?}", said.lines))
    }
}

fn build(workspace: &Workspace, release: &Release) -> Result<PathBuf, String> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let words = ["build", "--release", "--locked", "--package", "campotech-server", "--target", &triple];
    let built = cargo(words)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("CAMPOTECH_VERSION", &release.version)
        .env("CAMPOTECH_REVISION", &release.revision);
    built.run(workspace)?.success()?;
    Ok(workspace.target.join(triple).join("release/campotech-server"))
}

/// It needs nothing beside it, and is small.
fn stands_alone(workspace: &Workspace, program: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()));
    let needs = needs(&read(program)?).ok_or_else(|| "it is no 64-bit ELF file".to_owned())?;
    if let Some(needed) = needs.first() {
        return Err(format!("it is not static: it needs {needed}"));
    }
    let bare = beside(workspace, "campotech-server.bare")?;
    strip(workspace, "--strip-all", program, &bare)?;
    let size = read(&bare)?.len() as u64;
    println!("static, {:.1} MB without its symbols", size as f64 / 1e6);
    if size > LARGEST { Err(format!("{size} bytes are more than {LARGEST}")) } else { Ok(()) }
}

fn beside(workspace: &Workspace, name: &str) -> Result<PathBuf, String> {
    let folder = workspace.target.join("image");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(folder.join(name))
}

pub(crate) fn strip(workspace: &Workspace, how: &str, from: &Path, to: &Path) -> Result<(), String> {
    let words = [how.as_ref(), "-o".as_ref(), to.as_os_str(), from.as_os_str()];
    Cmd::new("strip").args(words).run(workspace)?.success()
}

/// What the program needs at its start: an interpreter, shared libraries. None where it can't be read.
fn needs(elf: &[u8]) -> Option<Vec<&'static str>> {
    const INTERPRETER: u64 = 3;
    const DYNAMIC: u64 = 2;
    const NEEDED: u64 = 1;
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (number(elf, 32, 8)?, number(elf, 54, 2)?, number(elf, 56, 2)?);
    let mut needs = Vec::new();
    for entry in 0..count {
        let at = table.checked_add(entry * size)?;
        match number(elf, at, 4)? {
            INTERPRETER => needs.push("an interpreter"),
            DYNAMIC => {
                let (from, length) =
                    (number(elf, at.checked_add(8)?, 8)?, number(elf, at.checked_add(32)?, 8)?);
                for tag in (from..from.checked_add(length)?).step_by(16) {
                    if number(elf, tag, 8)? == NEEDED {
                        needs.push("a shared library");
                    }
                }
            }
            _ => {}
        }
    }
    Some(needs)
}

/// Little-endian, of so many bytes.
fn number(elf: &[u8], at: u64, bytes: usize) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let mut eight = [0; 8];
    eight[..bytes].copy_from_slice(elf.get(at..at.checked_add(bytes)?)?);
    Some(u64::from_le_bytes(eight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_program_is_seen_and_damage_is_no_panic() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = needs(&own).unwrap();
        assert!(found.contains(&"an interpreter") && found.contains(&"a shared library"), "{found:?}");
        for length in [0, 4, 10, 40, 60, 200] {
            assert_eq!(needs(&own[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_program_without_either_needs_nothing() {
        let mut elf = vec![0; 64 + 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (elf[32], elf[54], elf[56], elf[64]) = (64, 56, 1, 1);
        assert_eq!(needs(&elf), Some(Vec::new()));
    }
}
