//! One connection through the proxy.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Fault;

/// How many chunks of one direction may be on their way.
const HELD: usize = 1024;

/// What all connections of a proxy share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) upstream: SocketAddr,
    pub(super) fault: watch::Sender<Fault>,
    /// Counts the calls for a reset of all.
    pub(super) resets: watch::Sender<u64>,
    /// Bytes of answers until a reset.
    pub(super) budget: Mutex<Option<u64>>,
    pub(super) open: AtomicUsize,
    pub(super) accepted: AtomicU64,
}

impl Shared {
    pub(super) fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            fault: watch::Sender::default(),
            resets: watch::Sender::default(),
            budget: Mutex::default(),
            open: AtomicUsize::default(),
            accepted: AtomicU64::default(),
        }
    }

    /// How many of `bytes` of an answer may go; when that isn't all, the connection ends there.
    fn spend(&self, bytes: usize) -> usize {
        let mut budget = self.budget.lock().unwrap();
        let Some(left) = *budget else { return bytes };
        let go = usize::try_from(left).map_or(bytes, |left| left.min(bytes));
        *budget = (go == bytes).then(|| left - go as u64);
        go
    }
}

/// How a connection ends.
enum End {
    /// Both sides said all they had to say, or the proxy lets go of the client without a word more.
    Closed,
    /// With a reset on both sides.
    Reset,
}

/// Counts an open connection.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Carries one connection to its end.
pub(super) async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut resets = shared.resets.subscribe();
    shared.open.fetch_add(1, Ordering::SeqCst);
    let _open = Open(&shared);
    let mut upstream = None;
    let end = tokio::select! {
        _ = resets.changed() => End::Reset,
        end = live(&mut client, &mut upstream, &shared) => end,
    };
    if matches!(end, End::Reset) {
        // Without lingering, closing a socket resets its connection.
        for stream in [Some(&client), upstream.as_ref()].into_iter().flatten() {
            let _ = stream.set_zero_linger();
        }
    }
}

async fn live(client: &mut TcpStream, upstream: &mut Option<TcpStream>, shared: &Shared) -> End {
    let mut faults = shared.fault.subscribe();
    let reachable = async { faults.wait_for(|fault| fault.passes()).await.is_ok() };
    let mut byte = [0];
    let talks = tokio::select! {
        biased;
        true = reachable => true,
        // Not `readable`, which may say so of a socket that holds nothing.
        _ = client.peek(&mut byte) => false,
    };
    if !talks {
        return mute(client).await;
    }
    let Ok(stream) = TcpStream::connect(shared.upstream).await else { return End::Reset };
    let _ = (client.set_nodelay(true), stream.set_nodelay(true));
    let half_open = async { faults.wait_for(|fault| *fault == Fault::HalfOpen).await.is_ok() };
    let ended = {
        let stream = upstream.insert(stream);
        let (from_client, to_client) = client.split();
        let (from_upstream, to_upstream) = stream.split();
        let lost = AtomicBool::new(false);
        let ask = Pump { shared, lost: &lost, answers: false };
        let answer = Pump { answers: true, ..ask };
        tokio::select! {
            biased;
            true = half_open => None,
            ended = async { tokio::try_join!(ask.run(from_client, to_upstream), answer.run(from_upstream, to_client)) } => Some(ended),
        }
    };
    match ended {
        None => {
            drop(upstream.take());
            mute(client).await
        }
        Some(Ok(_)) => End::Closed,
        Some(Err(_)) => End::Reset,
    }
}

/// Swallows what the client sends, until it goes.
async fn mute(client: &mut TcpStream) -> End {
    let _ = tokio::io::copy(client, &mut tokio::io::sink()).await;
    End::Closed
}

/// One direction.
#[derive(Clone, Copy)]
struct Pump<'a> {
    shared: &'a Shared,
    /// Something was lost on the way, in either direction: what comes after it makes no sense.
    lost: &'a AtomicBool,
    answers: bool,
}

/// What a read gave: bytes, none at the end, or an error.
type Chunk = io::Result<Vec<u8>>;

impl Pump<'_> {
    async fn run(self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
        let mut faults = self.shared.fault.subscribe();
        let mut buffer = vec![0; 16 * 1024];
        // As on a long wire: many chunks are on their way at once, each with its own time of arrival.
        let mut held = VecDeque::new();
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                through = self.turn(held.front().map(|(came, _)| *came), &mut faults), if !held.is_empty() => {
                    let Some((_, chunk)) = held.pop_front() else { continue };
                    if !through {
                        self.lose(&chunk)?;
                    } else if self.give(chunk?, &mut to).await? {
                        return Ok(());
                    }
                }
                read = from.read(&mut buffer), if open && held.len() < HELD => {
                    open = matches!(read, Ok(1..));
                    let chunk: Chunk = read.map(|bytes| buffer[..bytes].to_vec());
                    held.push_back((Instant::now(), chunk));
                }
                // The server went, and the client must not know.
                else => std::future::pending().await,
            }
        }
    }

    /// Waits as long as the fault says, which may change meanwhile, for the turn of a chunk; whether it gets through.
    async fn turn(&self, came: Option<Instant>, faults: &mut watch::Receiver<Fault>) -> bool {
        loop {
            let fault = *faults.borrow_and_update();
            if self.lost.load(Ordering::SeqCst) || !fault.passes() {
                return false;
            }
            let due = came.map(|came| came + fault.delay()).filter(|due| *due > Instant::now());
            let Some(due) = due else { return true };
            tokio::select! {
                () = sleep_until(due) => {}
                _ = faults.changed() => {}
            }
        }
    }

    fn lose(&self, chunk: &Chunk) -> io::Result<()> {
        self.lost.store(true, Ordering::SeqCst);
        match chunk {
            // The client went: there is nobody left to keep in the dark.
            Ok(bytes) if bytes.is_empty() && !self.answers => Err(io::ErrorKind::ConnectionAborted.into()),
            Err(why) if !self.answers => Err(why.kind().into()),
            _ => Ok(()),
        }
    }

    /// Hands a chunk over; whether it was the last.
    async fn give(&self, chunk: Vec<u8>, to: &mut WriteHalf<'_>) -> io::Result<bool> {
        if chunk.is_empty() {
            to.shutdown().await?;
            return Ok(true);
        }
        let all = chunk.len();
        let bytes = if self.answers { self.shared.spend(all) } else { all };
        to.write_all(&chunk[..bytes]).await?;
        if bytes < all { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(false) }
    }
}
