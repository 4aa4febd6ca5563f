//! Signals that ask to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Whether somebody asked to stop. It stays so once it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<Option<&'static str>>);

/// Asks to stop.
#[derive(Debug)]
pub(crate) struct StopSender(watch::Sender<Option<&'static str>>);

impl Stop {
    pub(crate) fn pair() -> (StopSender, Self) {
        let (sender, receiver) = watch::channel(None);
        (StopSender(sender), Self(receiver))
    }

    /// What was asked, if it was.
    pub(crate) fn asked(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits until it is asked.
    pub(crate) async fn wait(&self) -> &'static str {
        let mut receiver = self.0.clone();
        match receiver.wait_for(Option::is_some).await {
            Ok(asked) => asked.unwrap_or_default(),
            // Nobody is left who could ask.
            Err(_) => std::future::pending().await,
        }
    }
}

impl StopSender {
    pub(crate) fn ask(&self, why: &'static str) {
        self.0.send_replace(Some(why));
    }

    /// Turns signals into questions from now on.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn listen(self) -> std::io::Result<()> {
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        let mut hup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            loop {
                self.ask(next(&mut term, &mut int, &mut hup).await);
            }
        });
        Ok(())
    }
}

async fn next(term: &mut Signal, int: &mut Signal, hup: &mut Signal) -> &'static str {
    tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
        _ = hup.recv() => "SIGHUP",
    }
}
