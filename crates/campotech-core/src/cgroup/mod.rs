//! The folders of the process's own control group, version 2 and version 1, and their small files.
//!
//! Sources: the kernel's `cgroup-v2.rst` and `cgroup-v1/`, `cgroups(7)`, `proc_pid_mountinfo(5)`.
//!
//! ```
//! use std::path::Path;
//!
//! use campotech_core::cgroup::{Hierarchy, Membership, Mounts, number, text};
//!
//! let root = Path::new("/");
//! let read = |path: &str| text(&root.join(path)).unwrap_or_default();
//! let mounts = Mounts::parse(&read("proc/self/mountinfo"));
//! let membership = Membership::parse(&read("proc/self/cgroup"));
//! if let Some(Hierarchy::V2(folders)) = Hierarchy::of("memory", root, &mounts, &membership) {
//!     // None where no group on the way up has a limit.
//!     let limit = folders.least(|folder| number(&folder.join("memory.max")));
//!     assert_ne!(limit, Some(0));
//! }
//! ```

mod file;
mod hierarchy;
mod mounts;

pub use file::{keyed, number, text};
pub use hierarchy::{Folders, Hierarchy};
pub use mounts::{Membership, Mounts};
