//! Files of a server.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::Path;

use super::Account;

/// Writes a file that nobody but `account` reads.
pub(crate) fn write_private(path: &Path, account: Account, text: &str) {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    if let Some((uid, gid)) = account.ids() {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}
