//! The proxy that accepts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::Fault;
use super::connection::{Shared, carry};

/// Carries TCP connections between a port of 127.0.0.1 and a server, until it is dropped, as its [`Fault`] says.
#[derive(Debug)]
pub struct FaultProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts one in front of `upstream`; it passes everything.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::new(upstream));
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { addr, shared, task }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes what goes wrong, for open connections too.
    pub fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Resets every open connection, on both sides.
    pub fn reset_all(&self) {
        self.shared.resets.send_modify(|count| *count += 1);
    }

    /// Resets one connection after `bytes` more bytes of answers, counted over all: the one whose answer goes beyond.
    pub fn reset_after(&self, bytes: u64) {
        *self.shared.budget.lock().unwrap() = Some(bytes);
    }

    /// How many connections of clients are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// How many connections of clients came in since the start, refused ones too.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, it ends them.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                if *shared.fault.borrow() == Fault::Refuse {
                    let _ = client.set_zero_linger();
                } else {
                    connections.spawn(carry(client, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
            else => break,
        }
    }
}
