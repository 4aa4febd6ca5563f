//! Calls of the system that may block for ever, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::oneshot;

use crate::Reason;
use crate::link::Failure;

/// Makes blocking calls on a thread of their own. While one hangs there is no second one, so a resolver or a mount that
/// is dead costs one thread, however often it is asked for.
///
/// The thread is none of the runtime's: a runtime waits for its blocking threads when it ends, and so would a service
/// that is told to stop.
#[derive(Debug, Default)]
pub(crate) struct Aside(Arc<AtomicBool>);

/// That a call is under way.
struct Busy(Arc<AtomicBool>);

impl Aside {
    /// What `call` returns. Dropping the future leaves the call under way.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        if self.0.swap(true, Ordering::Acquire) {
            return Err(Failure::new(Reason::Timeout, "the call of an earlier run still hangs"));
        }
        let busy = Busy(Arc::clone(&self.0));
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            let answer = call();
            // Before the answer is there, so that whoever has it may ask again.
            drop(busy);
            // Nobody waits any longer where the run was dropped.
            let _ = sender.send(answer);
        };
        if let Err(error) = thread::Builder::new().name("health-check".to_owned()).spawn(work) {
            return Err(Failure::new(Reason::Internal, format!("no thread: {error}")));
        }
        receiver.await.map_err(|_| Failure::new(Reason::Panicked, "the call panicked"))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use tokio::runtime::Builder;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn one_that_hangs_is_the_only_one() {
        let (aside, calls) = (Aside::default(), Arc::new(AtomicUsize::new(0)));
        let (release, held) = oneshot::channel::<()>();
        let count = Arc::clone(&calls);
        let hangs = aside.run(move || {
            count.fetch_add(1, Ordering::SeqCst);
            held.blocking_recv()
        });
        assert!(timeout(Duration::from_millis(20), hangs).await.is_err());
        for _ in 0..100 {
            let count = Arc::clone(&calls);
            let failure = aside.run(move || count.fetch_add(1, Ordering::SeqCst)).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Timeout);
        }
        drop(release);
        let free = timeout(Duration::from_secs(10), async {
            while aside.run(|| ()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        free.await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(aside.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_frees_the_place() {
        let aside = Aside::default();
        let panics = aside.run(|| panic!("no such thing"));
        assert_eq!(panics.await.unwrap_err().reason, Reason::Panicked);
        assert_eq!(aside.run(|| 7).await.unwrap(), 7);
    }

    #[test]
    fn a_runtime_ends_though_a_call_hangs() {
        let (release, held) = oneshot::channel::<()>();
        let ends = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let aside = Aside::default();
            let hangs =
                async { timeout(Duration::from_millis(20), aside.run(|| held.blocking_recv())).await };
            assert!(runtime.block_on(hangs).is_err());
        });
        for _ in 0..1_000 {
            if ends.is_finished() {
                return ends.join().unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        }
        drop(release);
        panic!("the runtime waits for a call that hangs");
    }
}
