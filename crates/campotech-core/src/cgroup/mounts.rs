//! Which folder shows a control group: `/proc/self/mountinfo` beside `/proc/self/cgroup`.

use std::path::{Component, Path, PathBuf};

/// The mounted hierarchies.
#[derive(Debug, Default)]
pub struct Mounts(Vec<Mount>);

/// One mount of a hierarchy, or of a part of it.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The group that is at the mount's top.
    top: PathBuf,
    at: PathBuf,
    /// Options of the file system; on version 1 its controllers are among them. None on version 2.
    controllers: Option<Vec<String>>,
}

/// The groups that the process is in, one in each hierarchy.
#[derive(Debug, Default)]
pub struct Membership(Vec<(Vec<String>, PathBuf)>);

impl Mounts {
    /// Lines of `id parent device root mount-point options [field ...] - type source options`.
    #[must_use]
    pub fn parse(mountinfo: &str) -> Self {
        Self(mountinfo.lines().filter_map(Mount::parse).collect())
    }

    /// The folder of the process's group in version 1's hierarchy of `controller`, and the mount that it is under.
    #[must_use]
    pub fn v1(&self, controller: &str, of: &Membership) -> Option<(PathBuf, PathBuf)> {
        let has = |names: &[String]| names.iter().any(|name| name == controller);
        let (_, group) = of.0.iter().find(|(names, _)| has(names))?;
        self.folder(group, |mount| mount.controllers.as_deref().is_some_and(has))
    }

    /// The folder of the process's group in version 2's one hierarchy, and the mount that it is under.
    #[must_use]
    pub fn v2(&self, of: &Membership) -> Option<(PathBuf, PathBuf)> {
        let (_, group) = of.0.iter().find(|(names, _)| names.is_empty())?;
        self.folder(group, |mount| mount.controllers.is_none())
    }

    /// A container that shares the host's namespace sees its own long path in both files: only what is below the
    /// mount's top is a path under the mount. Of several mounts the closest one wins.
    fn folder(&self, group: &Path, wanted: impl Fn(&Mount) -> bool) -> Option<(PathBuf, PathBuf)> {
        let below = |mount| Mount::below(mount, group).map(|below| (mount, below));
        let candidates = self.0.iter().filter(|mount| wanted(mount)).filter_map(below);
        let (mount, below) = candidates.min_by_key(|(_, below)| below.components().count())?;
        Some((mount.at.join(below), mount.at.clone()))
    }
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let controllers = match system.next()? {
            "cgroup" => Some(system.nth(1)?.split(',').map(str::to_owned).collect()),
            "cgroup2" => None,
            _ => return None,
        };
        let mut fields = mount.split(' ').skip(3);
        Some(Self { top: unescaped(fields.next()?), at: unescaped(fields.next()?), controllers })
    }

    /// The part of `group` that is below this mount's top. None where the group is outside of it, or of the namespace.
    fn below<'a>(&self, group: &'a Path) -> Option<&'a Path> {
        let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
        let below = group.strip_prefix(&self.top).ok()?;
        group.components().all(plain).then_some(below)
    }
}

impl Membership {
    /// Lines of `id:controllers:path`; version 2's has no controllers.
    #[must_use]
    pub fn parse(cgroup: &str) -> Self {
        let line = |line: &str| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (names, path) = (fields.next()?, fields.next()?);
            let names = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            path.starts_with('/').then(|| (names, PathBuf::from(path)))
        };
        Self(cgroup.lines().filter_map(line).collect())
    }
}

/// A path of mountinfo: blank, tab, line feed and backslash are written as three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let mut pieces = field.split('\\');
    let mut path = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                path.push(char::from(code));
                path.push_str(&piece[3..]);
            }
            None => {
                path.push('\\');
                path.push_str(piece);
            }
        }
    }
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str =
        "34 31 0:32 /docker/a /sys/fs/cgroup/cpu,cpuacct ro shared:9 - cgroup cgroup rw,cpu,cpuacct";

    fn v1(mountinfo: &str, cgroup: &str) -> Option<PathBuf> {
        Mounts::parse(mountinfo).v1("cpu", &Membership::parse(cgroup)).map(|(own, _)| own)
    }

    #[test]
    fn the_mounts_top_is_taken_off_the_groups_path() {
        let at = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(v1(V1, "4:cpuacct,cpu:/docker/a"), Some(at.into()));
        assert_eq!(v1(V1, "4:cpuacct,cpu:/docker/a/b/c"), Some(Path::new(at).join("b/c")));
        assert_eq!(v1(V1, "4:cpuacct,cpu:/docker/ab"), None);
        assert_eq!(v1(V1, "4:cpuacct,cpu:/docker/a/../b"), None);
        assert_eq!(v1(V1, "4:cpuacct,cpu:docker/a"), None);
        assert_eq!(v1(V1, "4:cpuset:/docker/a"), None);
        assert_eq!(v1("34 31 0:32 /docker/a", "4:cpu:/docker/a"), None);
    }

    #[test]
    fn of_two_mounts_the_closer_one_wins() {
        let all = "1 1 0:1 / /all rw - cgroup2 cgroup rw\n2 1 0:1 /a /own rw - cgroup2 cgroup rw";
        let v2 = |cgroup| Mounts::parse(all).v2(&Membership::parse(cgroup));
        assert_eq!(v2("0::/a/b"), Some(("/own/b".into(), "/own".into())));
        assert_eq!(v2("0::/x"), Some(("/all/x".into(), "/all".into())));
        assert_eq!(v2("0::/../x"), None, "a group outside of the namespace is not below its top");
    }

    #[test]
    fn escapes_are_undone() {
        for (field, path) in
            [(r"/a\040b\134c", r"/a b\c"), (r"/a\0", r"/a\0"), (r"/a\377", r"/a\377"), (r"/\é", r"/\é")]
        {
            assert_eq!(unescaped(field), Path::new(path));
        }
    }
}
