//! Ports that stay one's own while a server is down.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel gives to outgoing connections and to whoever binds port 0: a port of that range
/// can be somebody else's before a killed server is started again.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1; no other testkit takes it while this lives.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// An abstract name: it leaves no file, and ends with the process.
    _claim: UnixListener,
}

impl Port {
    /// A free port.
    pub(crate) fn take() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Tests are processes that start together: each begins elsewhere.
        let begin = std::process::id().wrapping_mul(97);
        (0..COUNT)
            .find_map(|_| {
                let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
                let offset = begin.wrapping_add(step) % u32::from(COUNT);
                Self::claim(FIRST + u16::try_from(offset).unwrap())
            })
            .expect("no free port")
    }

    fn claim(number: u16) -> Option<Self> {
        let name = UnixAddr::from_abstract_name(format!("campotech-testkit-port-{number}")).unwrap();
        let claim = UnixListener::bind_addr(&name).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        Some(Self { number, _claim: claim })
    }

    pub(crate) const fn number(&self) -> u16 {
        self.number
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_once() {
        let one = Port::take();
        assert!(Port::claim(one.number()).is_none());
        let number = one.number();
        drop(one);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).unwrap();
        assert!(Port::claim(number).is_none(), "somebody listens there");
        drop(listener);
        assert!(Port::claim(number).is_some());
    }
}
