//! `cgroup_*`: what the process's own control group has used and may use, version 2 and version 1; Linux only.
//!
//! Sources: the kernel's `cgroup-v2.rst` and `cgroup-v1/`, `cgroups(7)`, `proc_pid_mountinfo(5)`.

#[cfg(target_os = "linux")]
mod collector;
#[cfg(not(target_os = "linux"))]
mod nothing;
#[cfg(target_os = "linux")]
mod usage;

#[cfg(target_os = "linux")]
pub(crate) use collector::Cgroup;
#[cfg(not(target_os = "linux"))]
pub(crate) use nothing::Cgroup;

#[cfg(all(test, target_os = "linux"))]
mod tests;
