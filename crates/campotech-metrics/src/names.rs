//! Every metric of this crate in one place: names are an interface that alerts and dashboards read.

use campotech_core::Measure;

/// A family: its name, its help, its type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Desc {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
}

/// The type of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Untyped,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Untyped => "untyped",
        }
    }
}

/// What health checks read, in the order of [`Measure::ALL`].
pub(crate) static MEASURES: [&Desc; Measure::ALL.len()] = [
    &HEALTH_CERTIFICATE_EXPIRY,
    &HEALTH_REPLICATION_LAG,
    &HEALTH_OLDEST_TRANSACTION,
    &HEALTH_USED_RATIO,
    &HEALTH_QUEUE_DEPTH,
    &HEALTH_QUEUE_AGE,
];

/// The value of `path` where no route matched.
pub(crate) const UNMATCHED: &str = "__unmatched__";
/// The value of a label over its family's budget.
pub(crate) const OVERFLOW: &str = "__overflow__";

macro_rules! descs {
    ($( $ident:ident = $name:literal $kind:ident $help:literal; )+) => {
        $( pub(crate) static $ident: Desc = Desc { name: $name, help: $help, kind: Kind::$kind }; )+
        /// All families, in no special order.
        pub(crate) static ALL: &[&Desc] = &[$( &$ident ),+];
    };
}

descs! {
    HTTP_REQUESTS = "http_requests_total" Counter "Requests answered to the end of their body.";
    HTTP_DURATION = "http_request_duration_seconds" Histogram "Time from the request's head to the end of the answer's body; without upgrades.";
    HTTP_IN_FLIGHT = "http_requests_in_flight" Gauge "Requests whose answer has not ended.";
    HTTP_STARTED = "http_requests_started_total" Counter "Requests that came in.";
    HTTP_CANCELLED = "http_requests_cancelled_total" Counter "Requests whose client went away, before the headers or within the body of the answer.";
    HTTP_FAILED = "http_requests_failed_total" Counter "Requests that ended without a whole answer, by an error or a panic.";
    GRPC_REQUESTS = "grpc_requests_total" Counter "gRPC calls answered to their end, by the code in their trailers.";
    HTTP_REQUEST_SIZE = "http_request_size_bytes" Histogram "Declared size of request bodies; those of unknown length are left out.";
    HTTP_RESPONSE_SIZE = "http_response_size_bytes" Histogram "Bytes sent as the body of whole answers.";
    SEMCONV_DURATION = "http_server_request_duration_seconds" Histogram "Duration of HTTP server requests.";
    SEMCONV_ACTIVE = "http_server_active_requests" Gauge "Number of active HTTP server requests.";
    SEMCONV_REQUEST_SIZE = "http_server_request_body_size_bytes" Histogram "Size of HTTP server request bodies.";
    SEMCONV_RESPONSE_SIZE = "http_server_response_body_size_bytes" Histogram "Size of HTTP server response bodies.";
    OPS_REQUESTS = "ops_requests_total" Counter "Requests to probes, metrics and status pages.";
    WEBSOCKETS_ACTIVE = "websocket_connections_active" Gauge "WebSocket connections that are open.";
    WEBSOCKETS = "websocket_connections_total" Counter "WebSocket connections that were opened.";
    WEBSOCKET_DURATION = "websocket_connection_duration_seconds" Histogram "Time that WebSocket connections were open.";
    JOBS_CREATED = "jobs_created_total" Counter "Jobs that were created.";
    JOBS_PROCESSED = "jobs_processed_total" Counter "Runs of queued jobs by how they ended.";
    JOB_DURATION = "job_duration_seconds" Histogram "Time a worker spent on one run of a job.";
    VOICE_PROCESSED = "voice_messages_processed_total" Counter "Runs of voice messages by how they ended.";
    QUEUE_SIZE = "queue_size" Gauge "Entries that wait in a queue.";
    QUEUE_AGE = "queue_oldest_age_seconds" Gauge "Age of the oldest entry that waits in a queue.";
    POOL_CONNECTIONS = "db_pool_connections" Gauge "Connections that a pool holds, idle or lent out.";
    POOL_MAX = "db_pool_max_connections" Gauge "The most connections that a pool may hold.";
    POOL_WAITING = "db_pool_waiting" Gauge "Callers that wait for a connection of a pool.";
    POOL_ACQUIRE = "db_pool_acquire_seconds" Histogram "Time that callers waited until they had a connection of a pool.";
    POOL_TIMEOUTS = "db_pool_timeouts_total" Counter "Callers that had no connection of a pool in time, those that gave up among them.";
    REDIS_COMMANDS = "redis_client_commands_total" Counter "Commands of a Redis client that were answered.";
    REDIS_SECONDS = "redis_client_command_seconds_total" Counter "Time that these commands took for their callers, waiting in memory included; in whole milliseconds each.";
    REDIS_NETWORK = "redis_client_network_seconds_total" Counter "Time that these commands took from being written to their answer; in whole milliseconds each.";
    REDIS_SENT = "redis_client_sent_bytes_total" Counter "Bytes that a Redis client sent.";
    REDIS_RECEIVED = "redis_client_received_bytes_total" Counter "Bytes that a Redis client received.";
    REDIS_QUEUE = "redis_client_queue_length" Gauge "Commands that a Redis client has not sent yet.";
    RATE_LIMIT = "rate_limit_decisions_total" Counter "Decisions of the rate-limit tiers.";
    SECURITY = "security_decisions_total" Counter "Decisions of the guards.";
    VALIDATION = "validation_failures_total" Counter "Faults found in input.";
    HEALTH_STATUS = "health_status" Gauge "State of a component: 0 unknown, 1 unhealthy, 2 degraded, 3 healthy.";
    HEALTH_DURATION = "health_check_duration_seconds" Histogram "Time that runs of a health check took.";
    HEALTH_CHANGES = "health_state_changes_total" Counter "Changes of a component's state.";
    HEALTH_CERTIFICATE_EXPIRY = "health_certificate_expiry_timestamp_seconds" Gauge "End of a component's certificate since the Unix epoch, as last read.";
    HEALTH_REPLICATION_LAG = "health_replication_lag_seconds" Gauge "Time that a component's replica was behind, as last read.";
    HEALTH_OLDEST_TRANSACTION = "health_oldest_transaction_seconds" Gauge "Age of a component's oldest open transaction, as last read.";
    HEALTH_USED_RATIO = "health_used_ratio" Gauge "What was used of a component's limit, 0 to 1, as last read.";
    HEALTH_QUEUE_DEPTH = "health_queue_depth" Gauge "Entries that waited in a component's queue, as last read.";
    HEALTH_QUEUE_AGE = "health_queue_age_seconds" Gauge "Age of the oldest entry that waited in a component's queue, as last read.";
    PROCESS_CPU = "process_cpu_seconds_total" Counter "Processor time spent by the process.";
    PROCESS_RESIDENT = "process_resident_memory_bytes" Gauge "Resident memory of the process.";
    PROCESS_VIRTUAL = "process_virtual_memory_bytes" Gauge "Virtual memory of the process.";
    PROCESS_OPEN_FDS = "process_open_fds" Gauge "Open file descriptors.";
    PROCESS_MAX_FDS = "process_max_fds" Gauge "File descriptors that may be open.";
    PROCESS_START = "process_start_time_seconds" Gauge "Start of the process since the Unix epoch.";
    PROCESS_THREADS = "process_threads" Gauge "Threads of the process.";
    CGROUP_CPU_USAGE = "cgroup_cpu_usage_seconds_total" Counter "Processor time spent by the process's control group.";
    CGROUP_CPU_LIMIT = "cgroup_cpu_limit_cores" Gauge "Processors that the control group may use on average.";
    CGROUP_CPU_PERIODS = "cgroup_cpu_periods_total" Counter "Periods of the processor quota that the control group ran in.";
    CGROUP_CPU_THROTTLED_PERIODS = "cgroup_cpu_throttled_periods_total" Counter "Periods in which the control group had used up its processor quota.";
    CGROUP_CPU_THROTTLED = "cgroup_cpu_throttled_seconds_total" Counter "Time that the control group had to wait for its next period.";
    CGROUP_MEMORY_USAGE = "cgroup_memory_usage_bytes" Gauge "Memory of the control group, file pages included.";
    CGROUP_MEMORY_WORKING_SET = "cgroup_memory_working_set_bytes" Gauge "Memory of the control group without file pages that were not used lately.";
    CGROUP_MEMORY_LIMIT = "cgroup_memory_limit_bytes" Gauge "The least memory limit of the control group and those above it.";
    CGROUP_OOM_KILLS = "cgroup_oom_kills_total" Counter "Processes of the control group that were killed for want of memory.";
    CGROUP_PIDS = "cgroup_pids" Gauge "Processes and threads of the control group.";
    CGROUP_PIDS_LIMIT = "cgroup_pids_limit" Gauge "Processes and threads that the control group may have.";
    TOKIO_WORKERS = "tokio_workers" Gauge "Worker threads of the runtime.";
    TOKIO_TASKS = "tokio_alive_tasks" Gauge "Tasks that have not ended.";
    TOKIO_QUEUE = "tokio_global_queue_depth" Gauge "Tasks that wait in the runtime's global queue.";
    TOKIO_BUSY = "tokio_busy_seconds_total" Counter "Time that the runtime's workers were busy, summed.";
    BUILD_INFO = "build_info" Gauge "What runs: always 1.";
    SERIES = "metrics_series" Gauge "Label sets of a family in this answer.";
    OVERFLOW_TOTAL = "metrics_series_overflow_total" Counter "Samples that went to the overflow series because their family had used up its budget.";
    COLLECTOR_SUCCESS = "scrape_collector_success" Gauge "Whether a collector told all it had to, in time: 1, or 0.";
    COLLECTOR_DURATION = "scrape_collector_duration_seconds" Gauge "Time that a collector took for this answer.";
    SCRAPES_REJECTED = "metrics_scrapes_rejected_total" Counter "Scrapes that were refused because too many were going on.";
    SCRAPE_DURATION = "metrics_scrape_duration_seconds" Histogram "Time that earlier answers of this page took to make.";
}

/// Whether `name` may be a metric's name.
pub(crate) fn is_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let letter = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':');
    bytes.next().is_some_and(letter) && bytes.all(|b| letter(b) || b.is_ascii_digit())
}

/// Whether `name` may be a label's name that nobody else has a meaning for.
pub(crate) fn is_label_name(name: &str) -> bool {
    is_metric_name(name)
        && !name.contains(':')
        && !name.starts_with("__")
        && !matches!(name, "le" | "quantile")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_valid_and_differ() {
        let names: BTreeSet<_> = ALL.iter().map(|desc| desc.name).collect();
        assert_eq!(names.len(), ALL.len());
        for desc in ALL {
            assert!(is_metric_name(desc.name), "{}", desc.name);
            assert_eq!(desc.kind == Kind::Counter, desc.name.ends_with("_total"), "{}", desc.name);
            assert!(desc.help.ends_with('.'), "{}", desc.name);
        }
    }

    #[test]
    fn every_measure_has_the_family_of_its_name() {
        for (desc, measure) in MEASURES.iter().zip(Measure::ALL) {
            assert_eq!(desc.name, format!("health_{}", measure.as_str()));
        }
    }

    #[test]
    fn odd_names_are_refused() {
        for bad in ["", "1a", "a-b", "a b", "é", "a\n"] {
            assert!(!is_metric_name(bad), "{bad}");
        }
        for bad in ["le", "quantile", "__name", "a:b", ""] {
            assert!(!is_label_name(bad), "{bad}");
        }
        assert!(is_metric_name("a:b_1") && is_label_name("pool"));
    }
}
