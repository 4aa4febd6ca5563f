//! Where the workspace is and what `cargo metadata` says of its crates.

use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The workspace that this program was started in.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) metadata: Metadata,
}

impl Workspace {
    /// Reads the members only, so that nothing is fetched.
    pub(crate) fn load() -> Result<Self, String> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let metadata = MetadataCommand::new()
            .current_dir(home)
            .no_deps()
            .exec()
            .map_err(|why| format!("can't read the workspace at {}: {why}", home.display()))?;
        Ok(Self {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            target: metadata.target_directory.clone().into_std_path_buf(),
            metadata,
        })
    }

    /// The libraries that other teams build with.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        let library =
            |package: &&Package| package.targets.iter().any(|target| target.is_kind(TargetKind::Lib));
        let offered =
            |package: &&Package| package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        self.metadata.workspace_packages().into_iter().filter(library).filter(offered)
    }

    /// `--package` of each of them.
    pub(crate) fn packages(&self) -> Vec<String> {
        self.published().flat_map(|package| ["--package".to_owned(), package.name.to_string()]).collect()
    }

    /// The private home of the tools that are installed for the tests.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The caller's `PATH` with the private tools behind it: what is installed already wins.
    pub(crate) fn path(&self) -> OsString {
        let own = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::env::split_paths(&own).chain([self.tools().join("bin")]);
        std::env::join_paths(dirs).unwrap_or(own)
    }
}
