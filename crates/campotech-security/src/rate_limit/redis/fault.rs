//! What an error says about the server.

use fred::error::{Error, ErrorKind};

use crate::rate_limit::shared::StoreFault;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The key holds something else; the server is fine.
    Key,
    Store(StoreFault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let details = error.details();
        // Before Redis 7 the code of an error within a script is not in front.
        if details.contains("WRONGTYPE") {
            return Self::Key;
        }
        let code = details.split_ascii_whitespace().next().unwrap_or("");
        Self::Store(match (code, error.kind()) {
            ("READONLY" | "MASTERDOWN" | "MISCONF" | "NOREPLICAS", _) => StoreFault::ReadOnly,
            ("OOM", _) => StoreFault::Full,
            ("LOADING" | "BUSY", _) => StoreFault::Loading,
            ("CLUSTERDOWN" | "MOVED" | "ASK" | "TRYAGAIN" | "CROSSSLOT", _) | (_, ErrorKind::Cluster) => {
                StoreFault::Cluster
            }
            ("NOAUTH" | "WRONGPASS" | "NOPERM", _) | (_, ErrorKind::Auth) => StoreFault::Denied,
            (_, ErrorKind::Timeout) => StoreFault::Timeout,
            (_, ErrorKind::IO | ErrorKind::Canceled | ErrorKind::Routing | ErrorKind::Sentinel) => {
                StoreFault::Unreachable
            }
            _ => StoreFault::Unexpected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        for (kind, details, failure) in [
            (
                ErrorKind::InvalidArgument,
                "WRONGTYPE Operation against a key holding the wrong kind",
                Failure::Key,
            ),
            (
                ErrorKind::Unknown,
                "ERR Error running script: @user_script:9: WRONGTYPE Operation",
                Failure::Key,
            ),
            (ErrorKind::Unknown, "READONLY You can't write", Failure::Store(StoreFault::ReadOnly)),
            (ErrorKind::Unknown, "OOM command not allowed", Failure::Store(StoreFault::Full)),
            (ErrorKind::Unknown, "LOADING Redis is loading", Failure::Store(StoreFault::Loading)),
            (ErrorKind::Cluster, "CLUSTERDOWN The cluster is down", Failure::Store(StoreFault::Cluster)),
            (ErrorKind::Cluster, "Missing server for hash slot 7", Failure::Store(StoreFault::Cluster)),
            (ErrorKind::Auth, "NOAUTH Authentication required.", Failure::Store(StoreFault::Denied)),
            (ErrorKind::Unknown, "NOPERM this user has no permissions", Failure::Store(StoreFault::Denied)),
            (ErrorKind::Timeout, "Request timed out.", Failure::Store(StoreFault::Timeout)),
            (ErrorKind::Canceled, "Connection closed unexpectedly.", Failure::Store(StoreFault::Unreachable)),
            (ErrorKind::Parse, "Could not convert", Failure::Store(StoreFault::Unexpected)),
            (ErrorKind::Unknown, "", Failure::Store(StoreFault::Unexpected)),
        ] {
            assert_eq!(Failure::from(Error::new(kind, details)), failure, "{details}");
        }
    }
}
