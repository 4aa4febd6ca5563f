//! Files -> accept loop: the certificate and its key, read again when they change.

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

use campotech_serve::Tls;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::TlsPaths;
use crate::error::PlatformError;

const CERT: &str = "CAMPOTECH_TLS_CERT";
/// Whoever renews certificates need not know the process; who can't wait sends SIGHUP.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A certificate that follows its files.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    tls: Tls,
    paths: TlsPaths,
    /// Of the files as they were last read, of use or not.
    seen: Option<[Stamp; 2]>,
    /// Whether it was said that they can't be read.
    unreadable: bool,
    hangup: Signal,
}

type Stamp = (SystemTime, u64);

pub(crate) fn load(paths: Option<&TlsPaths>) -> Result<Option<TlsFiles>, PlatformError> {
    let Some(paths) = paths else { return Ok(None) };
    let read =
        |variable, path: &Path| std::fs::read(path).map_err(|cause| PlatformError::File { variable, cause });
    let seen = stamps(paths);
    let (cert, key) = (read(CERT, &paths.cert)?, read("CAMPOTECH_TLS_KEY", &paths.key)?);
    let tls = Tls::from_pem(&cert, &key).map_err(PlatformError::build(CERT))?;
    // Listened for from here on: without, the signal ends the process.
    let hangup = signal(SignalKind::hangup()).map_err(PlatformError::Signals)?;
    Ok(Some(TlsFiles { tls, paths: paths.clone(), seen, unreadable: false, hangup }))
}

impl TlsFiles {
    pub(crate) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Reloads for as long as it is polled. What is wrong is logged once, and the certificate in use stays; half of a
    /// renewal is tried again with its other half.
    pub(crate) async fn follow(mut self) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                Some(()) = self.hangup.recv() => true,
                _ = looks.tick() => false,
            };
            self.look(told).await;
        }
    }

    /// Reads the files where that was asked for, or where they have changed; whether it has.
    async fn look(&mut self, told: bool) -> bool {
        let (paths, seen) = (self.paths.clone(), self.seen);
        let looked = tokio::task::spawn_blocking(move || {
            // Ahead of the files: what is written between the two is seen the next time.
            let stamps = stamps(&paths);
            let files = || std::fs::read(&paths.cert).and_then(|cert| Ok((cert, std::fs::read(&paths.key)?)));
            (told || stamps != seen).then(|| (stamps, files()))
        });
        let Ok(Some((stamps, files))) = looked.await else { return false };
        match files {
            Ok((cert, key)) => {
                (self.seen, self.unreadable) = (stamps, false);
                self.reload(&cert, &key);
            }
            // Tried again each time: the reason may be the process's, such as a want of descriptors.
            Err(error) => {
                if told || !self.unreadable {
                    tracing::error!(%error, "the certificate can't be read; the one before stays");
                }
                self.unreadable = true;
            }
        }
        true
    }

    fn reload(&self, cert: &[u8], key: &[u8]) {
        match self.tls.reload(cert, key) {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the certificate can't be used; the one before stays");
            }
        }
    }
}

fn stamps(paths: &TlsPaths) -> Option<[Stamp; 2]> {
    let stamp = |path: &Path| {
        let metadata: Metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    Some([stamp(&paths.cert)?, stamp(&paths.key)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use campotech_testkit::Certificate;

    #[tokio::test]
    async fn files_are_read_when_they_change_and_when_told() {
        let (old, new) = (Certificate::new(), Certificate::new());
        let folder = tempfile::tempdir().unwrap();
        let paths = TlsPaths { cert: folder.path().join("crt"), key: folder.path().join("key") };
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&paths.cert, &old.cert_pem);
        write(&paths.key, &old.key_pem);
        let mut files = load(Some(&paths)).unwrap().unwrap();
        assert!(!files.look(false).await);
        assert!(files.look(true).await);
        // Half of a renewal, longer by a line so that its stamp differs whatever the clock says.
        write(&paths.cert, &format!("{}\n", new.cert_pem));
        assert!(files.look(false).await);
        assert!(!files.look(false).await, "once, although it can't be used");
        write(&paths.key, &format!("{}\n", new.key_pem));
        assert!(files.look(false).await);
        assert!(!files.look(false).await);
        std::fs::remove_file(&paths.key).unwrap();
        assert!(files.look(false).await && files.unreadable);
        write(&paths.key, &new.key_pem);
        assert!(files.look(false).await && !files.unreadable);
        assert!(!files.look(false).await);
    }
}
