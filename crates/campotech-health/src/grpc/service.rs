//! Answers gRPC probes from what is known.

use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::subject::Subject;
use super::watch::GrpcWatch;
use crate::service::{Details, HOP_HEADER};
use crate::state::{Scope, Shared};

/// Serves `grpc.health.v1.Health`; made by [`Health::grpc`](crate::Health::grpc). No call runs a check or waits for one.
///
/// The service of no name is the whole one, serving exactly where `/ready` is 200; with [`Details::Shown`] each component
/// is one by its name, serving where its route is 200. `Check` of any other is `NOT_FOUND`. `Watch` tells the
/// state now and each change, also what comes of age alone; of an unknown name it tells `SERVICE_UNKNOWN` and stays open.
/// It ends with the checks ([`Health::stop`](crate::Health::stop)). Calls with the metadata
/// [`x-health-hop`](crate::service::HOP_HEADER) leave out components that ask other services.
///
/// # Defaults
/// 1,000 watches at a time; one more is `RESOURCE_EXHAUSTED`.
///
/// ```
/// use campotech_health::{Details, Health};
/// use tonic::transport::Server;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::builder("jobs-api", "1.4.2").build()?;
/// let server = Server::builder().add_service(health.grpc(Details::Shown).into_server());
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct GrpcHealth {
    shared: Arc<Shared>,
    details: Details,
    seats: Arc<Semaphore>,
}

/// More than any name has; what is longer is refused before it is read.
const LONGEST_REQUEST: usize = 4 * 1024;

impl GrpcHealth {
    pub(crate) fn new(shared: Arc<Shared>, details: Details) -> Self {
        Self { shared, details, seats: Arc::new(Semaphore::new(1_000)) }
    }

    /// How many watches there may be at a time, with all clones that are made of it.
    pub fn with_max_watches(mut self, watches: NonZeroU32) -> Self {
        let watches = usize::try_from(watches.get()).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        self.seats = Arc::new(Semaphore::new(watches));
        self
    }

    /// For tonic's `add_service`; takes requests of up to 4 KiB.
    #[must_use]
    pub fn into_server(self) -> HealthServer<Self> {
        HealthServer::new(self).max_decoding_message_size(LONGEST_REQUEST)
    }

    fn subject(&self, request: &Request<HealthCheckRequest>) -> Subject {
        let from_a_check = request.metadata().contains_key(HOP_HEADER.as_str());
        let scope = if from_a_check { Scope::WithoutPeers } else { Scope::Everything };
        Subject::of(&request.get_ref().service, self.details, scope, &self.shared)
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}

#[tonic::async_trait]
impl Health for GrpcHealth {
    type WatchStream = GrpcWatch;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match self.subject(&request).status(&self.shared) {
            ServingStatus::ServiceUnknown => Err(Status::not_found("unknown service")),
            status => Ok(Response::new(HealthCheckResponse { status: status.into() })),
        }
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<GrpcWatch>, Status> {
        let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else {
            return Err(Status::resource_exhausted("too many watches"));
        };
        Ok(Response::new(GrpcWatch::new(self.subject(&request), &self.shared, seat)))
    }
}
