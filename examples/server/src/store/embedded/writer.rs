//! One thread that commits everybody's changes in groups: one sync of the disk for all that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use redb::{Durability, WriteTransaction};
use tokio::sync::{mpsc, oneshot};

use super::slot::DatabaseSlot;
use crate::store::StoreError;

/// The way to the writer thread.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Command>,
}

enum Command {
    Write(Box<dyn Write>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// A change that waits for its group.
trait Write: Send {
    /// Applies it. An error here is a failure of the disk and ends the whole group; a refusal, or a
    /// record that can't be read, is kept for the answer.
    fn apply(&mut self, txn: &WriteTransaction) -> Result<(), StoreError>;
    /// Tells the caller, after the commit.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<F, G, T> {
    work: Option<F>,
    then: G,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

/// So many may wait for the next group; more wait to be let in.
const WAITING: usize = 4_096;
/// So many are committed together at most.
const LARGEST_GROUP: usize = 512;

impl Writer {
    pub(super) fn start(slot: Arc<DatabaseSlot>) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("store-writer".into());
        thread.spawn(move || run(&slot, commands))?;
        Ok(Self { queue })
    }

    /// Applies `work` in the next group and returns after its commit.
    ///
    /// `work` must find out whether it refuses (not found, conflict, a record that can't be read)
    /// before its first insert: the group is committed without it, but nothing of it is undone.
    ///
    /// `then` runs on the writer thread after the commit, even when the caller has gone away.
    pub(super) async fn submit<T, F, G>(&self, work: F, then: G) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTransaction) -> Result<T, StoreError> + Send + 'static,
        G: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let pending = Pending { work: Some(work), then, outcome: None, reply };
        let command = Command::Write(Box::new(pending));
        self.queue.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends what is queued, closes the database and stops the thread.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Command::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}

fn run(slot: &DatabaseSlot, mut commands: mpsc::Receiver<Command>) {
    while let Some(first) = commands.blocking_recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        let mut closing = None;
        while let Some(command) = next.take() {
            match command {
                Command::Write(write) => group.push(write),
                Command::Close(reply) => closing = Some(reply),
            }
            if closing.is_none() && group.len() < LARGEST_GROUP {
                next = commands.try_recv().ok();
            }
        }
        if !group.is_empty() {
            commit(slot, group);
        }
        if let Some(reply) = closing {
            commands.close();
            // The caller may have gone away; the database is closed all the same.
            let _ = reply.send(slot.close());
            return;
        }
    }
}

fn commit(slot: &DatabaseSlot, mut group: Vec<Box<dyn Write>>) {
    // A panic in a change must not end the thread: everybody after it would be refused for ever.
    let outcome = catch_unwind(AssertUnwindSafe(|| apply_all(slot, &mut group))).unwrap_or_else(|_| {
        tracing::error!("a change to the store panicked; its group was not committed");
        Err(StoreError::Closed)
    });
    if let Err(error) = &outcome {
        tracing::error!(error = error as &dyn std::error::Error, "a commit failed, opening the store anew");
        let again = catch_unwind(AssertUnwindSafe(|| slot.reopen())).unwrap_or(Err(StoreError::Closed));
        if let Err(error) = again {
            tracing::error!(error = &error as &dyn std::error::Error, "the store can't be opened");
        }
    }
    for write in group {
        write.answer(outcome.clone());
    }
}

fn apply_all(slot: &DatabaseSlot, group: &mut [Box<dyn Write>]) -> Result<(), StoreError> {
    let mut txn = slot.begin_write()?;
    // The default, written down: an answer means that it survives a power cut.
    txn.set_durability(Durability::Immediate).map_err(redb::Error::from)?;
    for write in group {
        write.apply(&txn)?;
    }
    Ok(txn.commit()?)
}

impl<F, G, T> Write for Pending<F, G, T>
where
    T: Send,
    F: FnOnce(&WriteTransaction) -> Result<T, StoreError> + Send,
    G: FnOnce(&T) + Send,
{
    fn apply(&mut self, txn: &WriteTransaction) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else { return Ok(()) };
        match work(txn) {
            Err(error) if error.ends_transaction() => Err(error),
            outcome => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { outcome, then, reply, .. } = *self;
        let outcome = committed.and_then(|()| outcome.unwrap_or(Err(StoreError::Closed)));
        if let Ok(value) = &outcome {
            then(value);
        }
        // The caller may have gone away; the change stays.
        let _ = reply.send(outcome);
    }
}
