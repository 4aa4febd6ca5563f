//! A control group's folder and those above it.

use std::path::{Path, PathBuf};

use super::file;
use super::mounts::{Membership, Mounts};

/// Deeper than any group is in practice.
const MOST_LEVELS: usize = 64;

/// Where the process's group is, for one controller.
#[derive(Debug)]
pub enum Hierarchy {
    /// Version 1, where each controller has a hierarchy of its own.
    V1(Folders),
    /// Version 2, the one hierarchy of all controllers.
    V2(Folders),
}

/// The group's folder and the mount that ends the way up.
#[derive(Debug)]
pub struct Folders {
    own: PathBuf,
    mount: PathBuf,
}

impl Hierarchy {
    /// Version 1's where the controller is mounted there, as on machines that have both.
    #[must_use]
    pub fn of(controller: &str, root: &Path, mounts: &Mounts, of: &Membership) -> Option<Self> {
        let folders =
            |(own, mount): (PathBuf, PathBuf)| Folders { own: under(root, &own), mount: under(root, &mount) };
        let v1 = mounts.v1(controller, of).map(folders).filter(|v1| v1.own.is_dir());
        v1.map(Self::V1).or_else(|| mounts.v2(of).map(folders).map(Self::V2))
    }
}

impl Folders {
    /// The one number of a file of the own group.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        file::number(&self.own.join(name))
    }

    /// A file of the own group.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        file::text(&self.own.join(name))
    }

    /// The least of what `limit` finds in the own folder and in those above: each of them binds.
    pub fn least<T: PartialOrd>(&self, limit: impl Fn(&Path) -> Option<T>) -> Option<T> {
        self.up().filter_map(limit).reduce(|least, one| if one < least { one } else { least })
    }

    /// The own folder and those above, up to the mount.
    pub fn up(&self) -> impl Iterator<Item = &Path> {
        self.own.ancestors().take(MOST_LEVELS).take_while(|folder| folder.starts_with(&self.mount))
    }
}

fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
