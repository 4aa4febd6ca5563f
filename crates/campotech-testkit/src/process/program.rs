//! Where the servers' programs are.

use std::path::{Path, PathBuf};

/// A program and the Debian package that brings it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
}

impl Program {
    /// In one of `dirs`, or else in `PATH`.
    ///
    /// # Panics
    /// When it is nowhere.
    pub(crate) fn find(self, dirs: &[PathBuf]) -> PathBuf {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let there = dirs.iter().cloned().chain(std::env::split_paths(&path)).map(|dir| dir.join(self.name));
        there
            .into_iter()
            .find(|file| is_program(file))
            .unwrap_or_else(|| panic!("{} is not installed: apt-get install {}", self.name, self.package))
    }
}

/// `parent/VERSION/below` of every version, the newest first.
pub(crate) fn newest(parent: &Path, below: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| parent.join(version.to_string()).join(below)).collect()
}

fn is_program(file: &Path) -> bool {
    rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        let dir = tempfile::tempdir().unwrap();
        for version in ["9", "15", "13", "common"] {
            std::fs::create_dir(dir.path().join(version)).unwrap();
        }
        let found = newest(dir.path(), "bin");
        assert_eq!(found, ["15/bin", "13/bin", "9/bin"].map(|path| dir.path().join(path)));
        assert!(newest(Path::new("/no/such/place"), "bin").is_empty());
    }

    #[test]
    #[should_panic(expected = "no-such-server is not installed: apt-get install no-such-package")]
    fn what_is_missing_is_named_with_its_package() {
        Program { name: "no-such-server", package: "no-such-package" }.find(&[]);
    }
}
