//! Names and addresses: how a host is found and reached, and what it means when it is not.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::Reason;
use crate::aside::Aside;
use crate::link::{Failure, of_io};

/// What stands for a time beyond all clocks.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// A host that is looked up by the system's resolver, which may hang: then there is never more than one lookup.
#[derive(Debug)]
pub(crate) struct Host {
    name: String,
    lookup: Aside,
    resolve: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
}

impl Host {
    /// Of a name, or an address as in a URL.
    pub(crate) fn new(name: &str) -> Self {
        let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let resolve = |name: &str, port| (name, port).to_socket_addrs().map(Iterator::collect);
        Self { name, lookup: Aside::default(), resolve }
    }

    /// With another resolver than the system's.
    #[cfg(test)]
    pub(crate) fn resolving(name: &str, resolve: fn(&str, u16) -> io::Result<Vec<SocketAddr>>) -> Self {
        Self { resolve, ..Self::new(name) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its addresses, at least one.
    pub(crate) async fn addresses(&self, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        if let Ok(address) = self.name.parse::<IpAddr>() {
            return Ok(vec![(address, port).into()]);
        }
        let (name, resolve) = (self.name.clone(), self.resolve);
        match self.lookup.run(move || resolve(&name, port)).await? {
            Ok(addresses) if addresses.is_empty() => {
                Err(Failure::new(Reason::Dns, "the name has no address"))
            }
            Ok(addresses) => Ok(addresses),
            Err(error) => Err(Failure::new(Reason::Dns, error.to_string())),
        }
    }

    /// A connection to the first address that takes one. Each has its share of the time that is left, so that one that
    /// does not answer leaves some to the next.
    pub(crate) async fn reach(&self, port: u16, limit: Duration) -> Result<TcpStream, Failure> {
        let late = || Failure::new(Reason::Timeout, "no connection in time");
        let now = Instant::now();
        let end = now.checked_add(limit).unwrap_or_else(|| now + FAR);
        let addresses = timeout(limit, self.addresses(port)).await.map_err(|_| late())??;
        let (mut failure, mut left) = (late(), addresses.len());
        for address in addresses {
            let share =
                end.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = Failure::new(of_io(&error), error.to_string()),
                Err(_) => failure = late(),
            }
            left -= 1;
        }
        Err(failure)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;
    use tokio::time::sleep;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// A listener whose queue is full: connections to it get no answer. The streams keep it so.
    async fn mute(address: Ipv4Addr, port: u16) -> (std::net::TcpListener, Vec<TcpStream>) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((address, port).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let at = listener.local_addr().unwrap();
        let mut streams = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(50), TcpStream::connect(at)).await {
            streams.push(stream.unwrap());
        }
        (listener.into_std().unwrap(), streams)
    }

    #[tokio::test]
    async fn a_first_address_that_is_mute_or_refuses_leaves_time_for_the_second() {
        let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 3), 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let _mute = mute(Ipv4Addr::new(127, 0, 0, 2), port).await;
        let three = |_: &str, port| Ok((1..=3).map(|last| ([127, 0, 0, last], port).into()).collect());
        let host = Host::resolving("three", three);
        let (limit, started) = (Duration::from_secs(2), Instant::now());
        let stream = host.reach(port, limit).await.unwrap();
        // The timer and the third connection may come at the same moment, so the time is what tells.
        assert!(started.elapsed() < limit * 9 / 10, "{:?}", started.elapsed());
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        drop(listener);
        let limit = Duration::from_millis(400);
        assert_eq!(host.reach(port, limit).await.unwrap_err().reason, Reason::Refused, "of the last");
        let two = |_: &str, port| Ok((1..=2).map(|last| ([127, 0, 0, last], port).into()).collect());
        let host = Host::resolving("two", two);
        assert_eq!(host.reach(port, limit).await.unwrap_err().reason, Reason::Timeout);
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_is_asked_once() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        fn hang(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
            CALLS.fetch_add(1, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        }
        let host = Host::resolving("slow.example", hang);
        for _ in 0..50 {
            let failure = host.reach(80, Duration::from_millis(20)).await.unwrap_err();
            assert_eq!(failure.reason, Reason::Timeout);
            // Its thread may begin later than the run ends.
            while CALLS.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_limit_beyond_all_clocks_is_none() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let host = Host::new("127.0.0.1");
        let stream = host.reach(address.port(), Duration::MAX).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn addresses_need_no_resolver_and_a_name_without_one_is_dns() {
        let never = |_: &str, _| Err(io::Error::other("asked"));
        for name in ["127.0.0.1", "::1", "[::1]"] {
            assert!(Host::resolving(name, never).addresses(1).await.is_ok(), "{name}");
        }
        let none = Host::resolving("none.example", |_, _| Ok(Vec::new()));
        assert_eq!(none.reach(1, LONG).await.unwrap_err().reason, Reason::Dns);
    }
}
