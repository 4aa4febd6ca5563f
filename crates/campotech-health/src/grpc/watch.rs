//! What a client that watches is told.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout_at;
use tonic::Status;
use tonic::codegen::tokio_stream::Stream;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus;

use super::subject::Subject;
use crate::state::{Shared, Snapshot};

/// The answer to `Watch`: the state now, and each change. Whoever reads slowly gets the latest, and nothing piles up.
pub struct GrpcWatch(Option<Pin<Box<Next>>>);

/// The wait for the next message, and then the watch itself.
type Next = dyn Future<Output = Option<(ServingStatus, Watch)>> + Send;

/// One watch, between two messages. Does not keep the checks alive.
pub(super) struct Watch {
    subject: Subject,
    shared: Weak<Shared>,
    changes: watch::Receiver<Arc<Snapshot>>,
    told: Option<ServingStatus>,
    _seat: OwnedSemaphorePermit,
}

impl GrpcWatch {
    pub(super) fn new(subject: Subject, shared: &Arc<Shared>, seat: OwnedSemaphorePermit) -> Self {
        let (changes, shared) = (shared.subscribe(), Arc::downgrade(shared));
        let watch = Watch { subject, shared, changes, told: None, _seat: seat };
        Self(Some(Box::pin(watch.next())))
    }
}

impl Watch {
    /// The next status that was not told; nothing when the checks were stopped, or nobody is left to run them.
    async fn next(mut self) -> Option<(ServingStatus, Self)> {
        loop {
            // Before the look: what comes after it is a change.
            self.changes.mark_unchanged();
            let look = self.subject.look(&*self.shared.upgrade()?);
            if self.told != Some(look.status) {
                self.told = Some(look.status);
                return Some((look.status, self));
            }
            if look.is_last {
                return None;
            }
            let change = self.changes.changed();
            let change = match look.again_at {
                // That the time has come is no error: it is why to look again.
                Some(time) => timeout_at(time, change).await.unwrap_or(Ok(())),
                None => change.await,
            };
            change.ok()?;
        }
    }
}

impl Stream for GrpcWatch {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        let told = ready!(next.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(told.map(|(status, watch)| {
            self.0 = Some(Box::pin(watch.next()));
            Ok(HealthCheckResponse { status: status.into() })
        }))
    }
}

impl fmt::Debug for GrpcWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrpcWatch")
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout};
    use tonic::Request;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_server::Health as _;

    use super::*;
    use crate::{Check, Details, Health, check_fn};

    /// The next message, and how often the stream was polled for it.
    async fn next(watch: &mut GrpcWatch) -> (Option<ServingStatus>, usize) {
        let mut polls = 0;
        let message = poll_fn(|cx| {
            polls += 1;
            Pin::new(&mut *watch).poll_next(cx)
        });
        let message = message.await;
        (message.map(|message| message.unwrap().status()), polls)
    }

    async fn watch(health: &Health, name: &str) -> GrpcWatch {
        let request = Request::new(HealthCheckRequest { service: name.to_owned() });
        health.grpc(Details::Shown).watch(request).await.unwrap().into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_result_that_grows_stale_is_told_to_the_millisecond() {
        let passing = |name: &str| check_fn(name, || async { Ok(()) });
        let patient = passing("other").degrading().with_max_age(Duration::from_secs(60));
        let health =
            Health::builder("s", "1").check(passing("store").critical()).check(patient).build().unwrap();
        let service = health.grpc(Details::Shown);
        health.start().unwrap();
        sleep(Duration::from_millis(1)).await;
        let (mut whole, mut store) = (watch(&health, "").await, watch(&health, "store").await);
        let mut other = watch(&health, "other").await;
        for watch in [&mut whole, &mut store, &mut other] {
            assert_eq!(next(watch).await.0, Some(ServingStatus::Serving));
        }
        // Nobody writes any more, and nobody tells.
        service.shared().tasks.lock().supervisor.as_ref().unwrap().abort();
        let written = Instant::now() - health.snapshot_age();
        for (watch, millis) in [(&mut whole, 15_001), (&mut store, 15_001), (&mut other, 60_001)] {
            let (status, polls) = next(watch).await;
            assert_eq!(status, Some(ServingStatus::NotServing));
            let (after, due) = (written.elapsed(), Duration::from_millis(millis));
            assert!(after >= due && after <= due + Duration::from_millis(2), "{after:?}");
            assert!(polls <= 2, "it sleeps until then: {polls} polls");
        }
        for watch in [&mut whole, &mut store, &mut other] {
            assert!(timeout(Duration::from_hours(1), next(watch)).await.is_err(), "that was all");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_runtime_that_stalls_serves_nothing() {
        let store = check_fn("store", || async { Ok(()) });
        let health = Health::builder("s", "1").check(store.critical()).build().unwrap();
        health.start().unwrap();
        sleep(Duration::from_millis(1)).await;
        let (mut whole, mut store) = (watch(&health, "").await, watch(&health, "store").await);
        for (stalled, status) in [(false, ServingStatus::Serving), (true, ServingStatus::NotServing)] {
            if stalled {
                health.grpc(Details::Shown).shared().count_stalled(true);
            }
            assert_eq!(next(&mut whole).await.0, Some(status));
            assert_eq!(next(&mut store).await.0, Some(status));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_keeps_no_check_alive() {
        let health = Health::builder("s", "1").build().unwrap();
        health.start().unwrap();
        let (mut known, mut unknown) = (watch(&health, "").await, watch(&health, "nobody").await);
        assert_eq!(next(&mut known).await.0, Some(ServingStatus::Serving));
        assert_eq!(next(&mut unknown).await.0, Some(ServingStatus::ServiceUnknown));
        drop(health);
        assert_eq!(next(&mut known).await.0, None);
        assert_eq!(next(&mut unknown).await.0, None);
        assert_eq!(next(&mut known).await.0, None, "and again");
    }
}
