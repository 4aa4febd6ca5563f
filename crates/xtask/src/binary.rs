//! The server as one static file: what the image holds.

use crate::cmd::{Cmd, cargo};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// A file that was built before, to be taken in the place of a new one.
pub(crate) const BUILT: &str = "CAMPOTECH_STATIC_SERVER";

/// Nothing larger is shipped.
const LARGEST: u64 = 25_000_000;

/// What it is told of itself.
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
        let revision = told.lines.first().cloned().unwrap_or_default();
        told.success()?;
        Ok(Self { version, revision })
    }
}

/// Builds it without what only debuggers read, and looks at what came of it.
pub(crate) fn built(workspace: &Workspace, release: &Release) -> Result<PathBuf, String> {
    let server = match std::env::var_os(BUILT).filter(|path| !path.is_empty()) {
        Some(path) => path.into(),
        None => stripped(workspace, &build(workspace, release)?)?,
    };
    let bytes = std::fs::read(&server).map_err(|why| format!("{}: {why}", server.display()))?;
    println!("{} bytes", bytes.len());
    if bytes.len() as u64 > LARGEST {
        return Err(format!("the server has more than {LARGEST} bytes"));
    }
    if is_dynamic(&bytes)? {
        return Err("the server asks for a dynamic loader, and `scratch` has none".to_owned());
    }
    Ok(server)
}

fn stripped(workspace: &Workspace, whole: &Path) -> Result<PathBuf, String> {
    let folder = workspace.target.join("image");
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let server = folder.join("campotech-server");
    Cmd::new("strip").args(["--strip-debug", "-o"]).args([&*server, whole]).run(workspace)?.success()?;
    Ok(server)
}

/// For this machine's processor, as the Dockerfile does.
fn build(workspace: &Workspace, release: &Release) -> Result<PathBuf, String> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let words = ["build", "--release", "--locked", "--package", "campotech-server", "--target", &target];
    cargo(words)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("CAMPOTECH_VERSION", release.version.clone())
        .env("CAMPOTECH_REVISION", release.revision.clone())
        .run(workspace)?
        .success()?;
    Ok(workspace.target.join(target).join("release/campotech-server"))
}

/// Does an ELF file of 64 bits, little-endian, name a program interpreter (`PT_INTERP`)?
fn is_dynamic(elf: &[u8]) -> Result<bool, String> {
    let number = |at: usize, bytes: usize| {
        let field = elf.get(at..at + bytes).ok_or("it ends in the middle of its headers")?;
        Ok::<_, String>(field.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return Err("it is no ELF file of 64 bits".to_owned());
    }
    let (headers, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    for header in 0..count {
        if number(headers + header * size, 4)? == 3 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_needs_a_loader_is_told_from_one_that_does_not() {
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(is_dynamic(&this).unwrap());
        let mut none = this.clone();
        none[0x38..0x3a].fill(0);
        assert!(!is_dynamic(&none).unwrap());
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for bytes in [&b"#!/bin/sh"[..], b"", b"\x7fELF\x02\x01\x01"] {
            assert!(is_dynamic(bytes).is_err(), "{bytes:?}");
        }
    }
}
