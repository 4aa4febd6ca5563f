//! The user that a server runs as.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// `None` is the user of the test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// The user of the test.
    pub(crate) const OWN: Self = Self(None);

    /// For a server that refuses root: `postgres`, or else `nobody`.
    pub(crate) fn ordinary() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::OWN;
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let found = ["postgres", "nobody"].iter().find_map(|name| ids(&users, name));
        Self(Some(found.expect("/etc/passwd names neither postgres nor nobody, and PostgreSQL refuses root")))
    }

    /// Makes `command` run as this user.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
    }

    /// User and group, when they aren't the test's own.
    pub(crate) const fn ids(self) -> Option<(u32, u32)> {
        self.0
    }
}

fn ids(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = users.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let this = fields.next() == Some(name);
        this.then_some(fields)
    })?;
    Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(ids(users, "postgres"), Some((101, 104)));
        assert_eq!(ids(users, "nobody"), None);
    }
}
