//! What the accept loop counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of a server, readable at any time; clones read the same counters.
#[derive(Debug, Clone, Default)]
pub struct ServeStats(Arc<Counters>);

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) active: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) accept_errors: AtomicU64,
    pub(crate) panicked: AtomicU64,
    pub(crate) aborted: AtomicU64,
    pub(crate) aged: AtomicU64,
    pub(crate) descriptors_missing: AtomicU64,
    findings: [AtomicU64; Finding::COUNT],
}

/// What a connection, or a request on it, was found to do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It never sent a byte.
    Silent,
    /// It stopped, or dripped, within a preface or a head.
    Head,
    /// No further request came. Nothing wrong, and told to nobody.
    Idle,
    /// It does not take its answer.
    WriteStall,
    /// It does not send the body that it announced.
    BodyStall,
    /// It sends what HTTP/1 can't read: answered 400 or 414.
    Malformed,
    /// It sends a larger head than one may have: answered 431.
    HeadSize,
    /// HTTP/2 frames that ask for nothing.
    Flood,
    /// Its network has as many connections as one may.
    Network,
    /// No PROXY header, or a wrong one.
    ProxyHeader,
    /// No TLS.
    Tls,
    /// The server is full: a request answered 503.
    Shed,
    /// The server is full, and so are the places from which that is said.
    Full,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServeSnapshot {
    /// Connections accepted and served.
    pub accepted: u64,
    /// Connections accepted and closed at once, because the server and its reserve were full.
    pub refused: u64,
    /// Connections closed because their network had as many as one may; under
    /// [`Mode::ReportOnly`](campotech_core::Mode) those that would have been.
    pub refused_network: u64,
    /// Requests answered 503 because the server was full.
    pub shed: u64,
    /// Connections open now, upgraded ones and those of the reserve included.
    pub active: u64,
    /// Requests whose head reached the service.
    pub requests: u64,
    /// Times that `accept` failed.
    pub accept_errors: u64,
    /// Connections closed because they never sent a byte.
    pub timed_out_silent: u64,
    /// Connections closed in the middle of a preface or a head.
    pub timed_out_head: u64,
    /// Connections closed because no further request came.
    pub timed_out_idle: u64,
    /// Requests whose body stopped coming.
    pub timed_out_body: u64,
    /// Connections closed because the client did not read its answer.
    pub timed_out_write_stall: u64,
    /// HTTP/1 connections closed because HTTP can't read what they sent: answered 400 or 414.
    pub malformed: u64,
    /// HTTP/1 connections closed for a head larger than one may be: answered 431.
    pub oversize_heads: u64,
    /// HTTP/2 connections closed for resets, pings and other frames beyond any use.
    pub flooded: u64,
    /// Connections closed for want of a right PROXY header, of those that sent anything.
    pub failed_proxy_header: u64,
    /// Connections closed because their TLS handshake failed or took too long, of those that sent anything.
    pub failed_tls: u64,
    /// Connections that were told to leave because of their age.
    pub aged: u64,
    /// Requests whose service panicked.
    pub panicked: u64,
    /// Connections cut at the end of a drain.
    pub aborted: u64,
    /// File descriptors that the system gives fewer than [`serve`](crate::Server::serve) needs for all its connections.
    pub descriptors_missing: u64,
}

impl ServeStats {
    /// The counters now.
    #[must_use]
    pub fn snapshot(&self) -> ServeSnapshot {
        let c = &*self.0;
        let found = |finding: Finding| c.findings[finding as usize].load(Relaxed);
        ServeSnapshot {
            accepted: c.accepted.load(Relaxed),
            refused: found(Finding::Full),
            refused_network: found(Finding::Network),
            shed: found(Finding::Shed),
            active: c.active.load(Relaxed),
            requests: c.requests.load(Relaxed),
            accept_errors: c.accept_errors.load(Relaxed),
            timed_out_silent: found(Finding::Silent),
            timed_out_head: found(Finding::Head),
            timed_out_idle: found(Finding::Idle),
            timed_out_body: found(Finding::BodyStall),
            timed_out_write_stall: found(Finding::WriteStall),
            malformed: found(Finding::Malformed),
            oversize_heads: found(Finding::HeadSize),
            flooded: found(Finding::Flood),
            failed_proxy_header: found(Finding::ProxyHeader),
            failed_tls: found(Finding::Tls),
            aged: c.aged.load(Relaxed),
            panicked: c.panicked.load(Relaxed),
            aborted: c.aborted.load(Relaxed),
            descriptors_missing: c.descriptors_missing.load(Relaxed),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0
    }
}

impl Counters {
    pub(crate) fn found(&self, finding: Finding) {
        self.findings[finding as usize].fetch_add(1, Relaxed);
    }
}

impl Finding {
    const COUNT: usize = Self::Full as usize + 1;

    /// The reason of the decision that is reported.
    pub(crate) const fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::Silent => "silent",
            Self::Head => "head",
            Self::Idle => return None,
            Self::WriteStall => "write_stall",
            Self::BodyStall => "body_stall",
            Self::Malformed => "malformed",
            Self::HeadSize => "head_size",
            Self::Flood => "flood",
            Self::Network => "network",
            Self::ProxyHeader => "proxy_header",
            Self::Tls => "tls",
            Self::Shed => "shed",
            Self::Full => "full",
        })
    }
}
