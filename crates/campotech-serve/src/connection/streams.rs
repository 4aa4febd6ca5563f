//! Where HTTP/2 streams run.

use hyper::rt::Executor;
use tokio::task::JoinHandle;

use crate::Shutdown;
use crate::shutdown::Phase;

/// Runs HTTP/2 streams as tasks that end with the server's cut, not some time after it.
#[derive(Debug, Clone)]
pub(crate) struct StreamExecutor {
    cut: Shutdown,
}

impl StreamExecutor {
    pub(crate) const fn new(cut: Shutdown) -> Self {
        Self { cut }
    }
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let cut = self.cut.clone().reached(Phase::Aborting);
        drop::<JoinHandle<()>>(tokio::spawn(async move {
            tokio::select! {
                biased;
                () = cut => {}
                _ = stream => {}
            }
        }));
    }
}
