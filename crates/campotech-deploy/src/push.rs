//! An image in a file, to a registry. A commit has one image there: what was tested in one place is what the next one gets.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::values::Image;

/// Where to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Push<'p> {
    /// As `docker save` and `buildah push docker-archive:` write it.
    pub(crate) archive: &'p Path,
    pub(crate) repository: &'p str,
    /// The commit.
    pub(crate) tag: &'p str,
    /// The program that talks to registries.
    pub(crate) skopeo: &'p str,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("can't run `{program}`: {why}")]
    NoProgram { program: String, why: String },
    #[error("the image could not be pushed: {0}")]
    Refused(String),
    #[error("the registry says no digest: {0}")]
    NoDigest(String),
}

impl Push<'_> {
    /// Pushes it unless the registry has an image of that name; says which one it has, and whether it was there.
    pub(crate) async fn run(self) -> Result<(Image, bool), PushError> {
        if let Some(there) = self.there().await? {
            return Ok((there, true));
        }
        let from = format!("docker-archive:{}", self.archive.display());
        let pushed = self.skopeo(&["copy", "--quiet", &from, &self.name()]).await?;
        // Somebody else may have been faster, and a name is given once.
        let there = self.there().await?;
        let failed = || PushError::Refused(String::from_utf8_lossy(&pushed.stderr).trim().to_owned());
        match there {
            Some(image) => Ok((image, !pushed.status.success())),
            None => Err(failed()),
        }
    }

    /// None also where the registry can't be asked: then nothing can be pushed either, which says why.
    async fn there(self) -> Result<Option<Image>, PushError> {
        let asked = self.skopeo(&["inspect", "--no-tags", "--format", "{{.Digest}}", &self.name()]).await?;
        if !asked.status.success() {
            return Ok(None);
        }
        let digest = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        format!("{}@{digest}", self.repository).parse().map(Some).map_err(PushError::NoDigest)
    }

    fn name(self) -> String {
        format!("docker://{}:{}", self.repository, self.tag)
    }

    async fn skopeo(self, words: &[&str]) -> Result<Output, PushError> {
        let mut command = Command::new(self.skopeo);
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        let failed = |why: std::io::Error| PushError::NoProgram {
            program: self.skopeo.to_owned(),
            why: why.to_string(),
        };
        command.output().await.map_err(failed)
    }
}

/// Tells a workflow, where one asks: `image`, and its `digest` alone.
pub(crate) fn tell_workflow(image: &Image) -> std::io::Result<()> {
    let Some(output) = std::env::var_os("GITHUB_OUTPUT") else {
        return Ok(());
    };
    let image = image.to_string();
    let digest = image.rsplit('@').next().unwrap_or_default();
    let mut output = std::fs::File::options().append(true).create(true).open(output)?;
    writeln!(output, "image={image}\ndigest={digest}")
}
