//! Why a component is in its state: a closed set, the only words about a dependency that leave the process.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! reasons {
    ($( $(#[$doc:meta])* $name:ident = $code:literal )*) => {
        /// Why a component is in its state.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $( $(#[$doc])* $name, )*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code in bodies and labels, such as `too_many_connections`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

reasons! {
    /// It works.
    Ok = "ok"
    /// It answers, too slowly.
    Slow = "slow"
    /// Its pool or queue is full.
    Saturated = "saturated"
    /// It did not answer in time.
    Timeout = "timeout"
    /// It refused the connection.
    Refused = "refused"
    /// There is no way to it, or the connection broke.
    Unreachable = "unreachable"
    /// Its name does not resolve.
    Dns = "dns"
    /// The TLS handshake failed.
    Tls = "tls"
    /// Its certificate ends soon.
    TlsExpiring = "tls_expiring"
    /// It does not take our credentials.
    Auth = "auth"
    /// It takes no more connections.
    TooManyConnections = "too_many_connections"
    /// It does not take writes.
    ReadOnly = "read_only"
    /// It is a replica that lost its primary.
    ReplicaLinkDown = "replica_link_down"
    /// It is starting, or was not checked yet.
    StartingUp = "starting_up"
    /// It is shutting down.
    ShuttingDown = "shutting_down"
    /// It is loading its data.
    Loading = "loading"
    /// It has no memory left.
    OutOfMemory = "out_of_memory"
    /// It answered with an unexpected status.
    BadStatus = "bad_status"
    /// It answered with something that can't be read.
    BadBody = "bad_body"
    /// The last result is too old.
    Stale = "stale"
    /// The check panicked.
    Panicked = "panicked"
    /// It is switched off.
    Disabled = "disabled"
    /// Anything else; the log knows.
    Internal = "internal"
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())));
    }
}
