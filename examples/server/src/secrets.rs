//! Secrets that the server makes for itself and keeps in its data directory.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rand::TryRngCore;
use rand::rngs::OsRng;

const FILE: &str = "dev-secrets";

/// What Meta signs with, and what it shows when it first calls.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// The app secret: signs every callback.
    pub app_secret: String,
    /// The verify token: shown in the handshake.
    pub verify_token: String,
}

// A secret in a log is a secret no more.
impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecrets(********)")
    }
}

impl WebhookSecrets {
    /// The generated secrets in `data_dir`, if they are there.
    ///
    /// # Errors
    /// If the file can't be read or isn't whole.
    pub fn load(data_dir: &Path) -> io::Result<Option<Self>> {
        match std::fs::read_to_string(data_dir.join(FILE)) {
            Ok(text) => {
                Self::parse(&text).map(Some).ok_or_else(|| io::Error::other("dev-secrets is not whole"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The generated secrets in `data_dir`, made now where there are none. Only its owner may read the file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn load_or_generate(data_dir: &Path) -> io::Result<Self> {
        if let Some(secrets) = Self::load(data_dir)? {
            return Ok(secrets);
        }
        let secrets = Self { app_secret: random_hex()?, verify_token: random_hex()? };
        let content = format!(
            "CAMPOTECH_WHATSAPP_APP_SECRET={}\nCAMPOTECH_WHATSAPP_VERIFY_TOKEN={}\n",
            secrets.app_secret, secrets.verify_token
        );
        write_private(data_dir, FILE, content.as_bytes())?;
        Ok(secrets)
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
            (!line.is_empty()).then(|| line.to_owned())
        };
        let app_secret = value("CAMPOTECH_WHATSAPP_APP_SECRET")?;
        Some(Self { app_secret, verify_token: value("CAMPOTECH_WHATSAPP_VERIFY_TOKEN")? })
    }
}

/// The key that seals cursors; made on the first start, so that a cursor outlives a restart.
///
/// # Errors
/// What the file system says.
pub fn cursor_key(data_dir: &Path) -> io::Result<Vec<u8>> {
    let path = data_dir.join("cursor-key");
    match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let key = random_key()?;
    write_private(data_dir, "cursor-key", &key)?;
    Ok(key)
}

/// A fresh key.
///
/// # Errors
/// If the system has no random numbers.
pub fn random_key() -> io::Result<Vec<u8>> {
    random_hex().map(String::into_bytes)
}

/// Writes a file that only its owner may read, all of it or nothing.
fn write_private(data_dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let temporary = data_dir.join(format!("{name}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, data_dir.join(name))?;
    File::open(data_dir)?.sync_all()
}

fn random_hex() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn they_are_made_once_and_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(WebhookSecrets::load(dir.path()).unwrap(), None);
        let made = WebhookSecrets::load_or_generate(dir.path()).unwrap();
        assert_eq!(WebhookSecrets::load_or_generate(dir.path()).unwrap(), made);
        assert_eq!(made.app_secret.len(), 64);
        assert_ne!(made.app_secret, made.verify_token);
        let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(&made.app_secret));
    }

    #[test]
    fn a_broken_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "CAMPOTECH_WHATSAPP_APP_SECRET=\n").unwrap();
        assert!(WebhookSecrets::load(dir.path()).is_err());
    }
}
