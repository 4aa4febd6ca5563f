#![doc = include_str!("../README.md")]

pub mod body;
#[cfg(feature = "cgroup")]
pub mod cgroup;
pub mod clock;
pub mod context;
pub mod guard;
pub mod identity;
pub mod media;
pub mod observer;
pub mod preference;
pub mod problem;
pub mod route;

pub use body::{AnswerBody, EndOfBody, NeverBody, RawBody, TrackEnd, TrackedBody};
#[cfg(feature = "counter-clock")]
pub use clock::CounterClock;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::{
    ContextFuture, PropagateTraceLayer, PropagateTraceService, RequestContext, in_current, recorded_trace,
};
pub use guard::{Decision, Mode, Verdict};
pub use identity::{
    ClientIp, ClientNetwork, DirectTls, ForwardedHost, PeerAddr, RequestId, Sampling, SpanId, TraceContext,
    TraceId, TraceState,
};
pub use observer::{
    CheckOutcome, CheckReport, ComponentStatus, Measure, Measurement, NoObserver, Observer, RateLimitVerdict,
    StateChange,
};
pub use problem::{
    AcceptLanguage, Addressee, Fault, FaultLocation, Language, Localized, Problem, ProblemKind, kinds,
    tellable_name,
};
pub use route::{GrpcRoutes, NameRoute, Route, RouteLayer, RouteService, matched_route};
