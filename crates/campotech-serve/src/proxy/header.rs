//! A header of either version, as far as its bytes are here.

use std::net::SocketAddr;

use super::{v1, v2};

/// The longest header that is read; senders should stay under 536 bytes.
pub(super) const LONGEST: usize = v2::LONGEST;

/// What the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    /// The beginning of a header that has at least so many bytes more.
    Incomplete { missing: usize },
    /// A header of `length` bytes.
    Complete { length: usize, client: Client },
}

/// Whom the connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// The proxy itself, or one whose address is not told: the connection's own peer counts.
    Peer,
    /// The client behind the proxy.
    At(SocketAddr),
}

/// The bytes are no header, whatever follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoHeader;

/// Reads the header that `bytes` begin with. What follows it is not looked at.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, NoHeader> {
    if begins(bytes, v2::SIGNATURE) {
        return v2::parse(bytes);
    }
    if begins(bytes, v1::PREFIX) { v1::parse(bytes) } else { Err(NoHeader) }
}

/// Whether `bytes` are a beginning of `start`, or begin with it. No byte begins both versions, and without any the shorter one is waited for.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    let count = bytes.len().min(start.len());
    count > 0 && bytes[..count] == start[..count] || bytes.is_empty() && start == v1::PREFIX
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(text: &str) -> Client {
        Client::At(text.parse().unwrap())
    }

    fn v2_header(command: u8, family: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [v2::SIGNATURE, &[0x20 | command, family], &length, payload].concat()
    }

    fn whole(bytes: &[u8]) -> Option<Client> {
        match parse(bytes) {
            Ok(Parsed::Complete { length, client }) => {
                assert_eq!(length, bytes.len());
                Some(client)
            }
            Ok(Parsed::Incomplete { .. }) => None,
            Err(NoHeader) => panic!("{bytes:?} is a header"),
        }
    }

    #[test]
    fn version_1_is_read() {
        for (line, wanted) in [
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", client("192.0.2.1:56324")),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", client("[2001:db8::1]:1")),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n", client("[::ffff:192.0.2.1]:0")),
            ("PROXY UNKNOWN\r\n", Client::Peer),
            ("PROXY UNKNOWN whatever it says 1 2\r\n", Client::Peer),
        ] {
            assert_eq!(whole(line.as_bytes()), Some(wanted), "{line}");
        }
        let longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
        assert_eq!(longest.len(), v1::LONGEST);
        assert_eq!(whole(longest.as_bytes()), Some(Client::Peer));
    }

    #[test]
    fn what_version_1_forbids_is_refused() {
        for line in [
            "GET / HTTP/1.1\r\n\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n",
            "PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 056 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
            "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
            "PROXY TCP4 192.0.2.1 nobody 1 2\r\n",
            "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4\r\n",
            "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
            "PROXY UNKNOWNS\r\n",
            "PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n",
            "PROXY TCP4 192.0.2.1\r 198.51.100.1 1 2\r\n",
            "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        ] {
            let padded = format!("{line}{}", " ".repeat(120));
            assert_eq!(parse(padded.as_bytes()), Err(NoHeader), "{line}");
        }
    }

    #[test]
    fn version_2_is_read() {
        let inet = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb];
        let mut inet6 = [0; 36];
        inet6[..2].copy_from_slice(&[0x20, 1]);
        inet6[15] = 7;
        inet6[33] = 80;
        for (header, wanted) in [
            (v2_header(1, 0x11, &inet), client("192.0.2.1:56324")),
            (v2_header(1, 0x11, &[&inet[..], &[3, 0, 4, 1, 2, 3, 4]].concat()), client("192.0.2.1:56324")),
            (v2_header(1, 0x21, &inet6), client("[2001::7]:80")),
            (v2_header(0, 0x00, &[]), Client::Peer),
            (v2_header(0, 0x11, &inet), Client::Peer),
            (v2_header(1, 0x00, b"tlv"), Client::Peer),
            (v2_header(1, 0x31, &[0; 216]), Client::Peer),
        ] {
            // The port of IPv6 stands after both addresses.
            assert_eq!(whole(&header).unwrap(), wanted, "{header:?}");
        }
    }

    #[test]
    fn what_version_2_forbids_is_refused() {
        let mut version_1 = v2_header(1, 0x11, &[0; 12]);
        version_1[12] = 0x11;
        let mut long = v2_header(0, 0, &[]);
        long[14..].copy_from_slice(&u16::MAX.to_be_bytes());
        for header in [
            version_1,
            v2_header(2, 0x11, &[0; 12]),
            v2_header(1, 0x11, &[0; 11]),
            v2_header(1, 0x21, &[0; 35]),
            v2_header(1, 0x31, &[0; 215]),
            v2_header(1, 0x12, &[0; 12]),
            v2_header(1, 0x41, &[0; 36]),
            v2_header(1, 0x13, &[0; 12]),
            long,
        ] {
            assert_eq!(parse(&header), Err(NoHeader), "{header:?}");
        }
    }

    /// Reads as the socket does, `steps` bytes at most at a time; how many bytes it took.
    fn drive(bytes: &[u8], steps: &[usize]) -> (Result<Option<Client>, NoHeader>, usize) {
        let (mut have, mut steps) = (0, steps.iter().cycle());
        loop {
            match parse(&bytes[..have]) {
                Err(NoHeader) => return (Err(NoHeader), have),
                Ok(Parsed::Complete { length, client }) => {
                    assert_eq!(length, have, "not a byte too many");
                    return (Ok(Some(client)), have);
                }
                Ok(Parsed::Incomplete { missing }) => {
                    assert!(missing > 0 && have + missing <= LONGEST);
                    let step = missing.min(*steps.next().unwrap()).min(bytes.len() - have);
                    if step == 0 {
                        return (Ok(None), have);
                    }
                    have += step;
                }
            }
        }
    }

    fn anything() -> impl Strategy<Value = Vec<u8>> {
        let line = "PROXY (TCP4|TCP6|UNKNOWN|TCP)( [0-9a-f:.]{0,20}){0,5}(\r\n|\r|\n|)";
        let noise = prop::collection::vec(any::<u8>(), 0..80);
        let version_2 = (any::<u8>(), any::<u8>(), 0..400_usize, noise.clone()).prop_map(
            |(command, family, length, mut noise)| {
                noise.resize(length, 7);
                let mut header = v2_header(0, family, &noise);
                header[12] = command;
                header
            },
        );
        let likely = (0..2_u8, prop::sample::select(vec![0, 0x11, 0x21, 0x31]), 0..300_usize)
            .prop_map(|(command, family, length)| v2_header(command, family, &vec![1; length]));
        let start = prop_oneof![line.prop_map(String::into_bytes), version_2, likely, noise.clone()];
        (start, noise).prop_map(|(start, rest)| [start, rest].concat())
    }

    proptest! {
        #[test]
        fn it_never_panics_and_every_split_is_the_same(
            bytes in anything(),
            steps in prop::collection::vec(1..40_usize, 1..8),
        ) {
            let (one, taken) = drive(&bytes, &steps);
            prop_assert_eq!(one, drive(&bytes, &[usize::MAX]).0);
            match (one, parse(&bytes)) {
                (Ok(Some(client)), Ok(Parsed::Complete { length, client: at_once })) => {
                    prop_assert_eq!((client, taken), (at_once, length));
                }
                (Err(NoHeader), Err(NoHeader)) | (Ok(None), Ok(Parsed::Incomplete { .. })) => {}
                (one, at_once) => prop_assert!(false, "{:?} and {:?}", one, at_once),
            }
        }
    }
}
