//! What an error of fred or of the server means.

use fred::error::{Error, ErrorKind};

use crate::Reason;
use crate::link::Failure;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let ended = matches!(error.kind(), ErrorKind::IO | ErrorKind::Canceled)
            || matches!(error.details(), "Client is not initialized." | "channel closed");
        Self { reason: of(&error), message: error.to_string().replace('\n', "; "), ended }
    }
}

/// Whether the server does not let our user do this.
pub(super) fn is_forbidden(error: &Error) -> bool {
    error.details().starts_with("NOPERM")
}

fn of(error: &Error) -> Reason {
    let details = error.details();
    match error.kind() {
        ErrorKind::Auth => Reason::Auth,
        ErrorKind::Timeout => Reason::Timeout,
        ErrorKind::Canceled => Reason::Unreachable,
        // A sentinel's errors are those of what it did, under another name.
        ErrorKind::IO | ErrorKind::Sentinel => of_io(details),
        // That there is such a kind depends on features of fred.
        kind if kind.to_str() == "TLS Error" => Reason::Tls,
        ErrorKind::Cluster | ErrorKind::Routing => Reason::Unreachable,
        ErrorKind::Protocol if details.contains("cluster state") => Reason::Unreachable,
        ErrorKind::Protocol | ErrorKind::Parse => Reason::BadBody,
        _ => of_answer(details),
    }
}

/// An `io::Error`, of which fred keeps the words only.
fn of_io(details: &str) -> Reason {
    let has = |word: &str| details.contains(word);
    if has("ConnectionRefused") {
        Reason::Refused
    } else if has("TimedOut") || has("timed out") {
        Reason::Timeout
    } else if has("lookup address") || has("Failed to resolve") {
        Reason::Dns
    } else if has("kind: InvalidData") || has("tls handshake") {
        Reason::Tls
    } else {
        Reason::Unreachable
    }
}

/// An error that the server answered with; its first word is its code.
fn of_answer(details: &str) -> Reason {
    let (code, rest) = details.split_once(' ').unwrap_or((details, ""));
    match code {
        "LOADING" => Reason::Loading,
        "OOM" => Reason::OutOfMemory,
        // MISCONF: it can't save, and so it takes no writes.
        "READONLY" | "MISCONF" | "NOREPLICAS" => Reason::ReadOnly,
        "MASTERDOWN" => Reason::ReplicaLinkDown,
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Reason::Auth,
        "BUSY" => Reason::Timeout,
        "ERR" if rest.starts_with("max number of clients") => Reason::TooManyConnections,
        _ => Reason::BadStatus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_told_apart() {
        for (details, reason) in [
            ("LOADING Redis is loading the dataset in memory", Reason::Loading),
            ("OOM command not allowed when used memory > 'maxmemory'.", Reason::OutOfMemory),
            ("READONLY You can't write against a read only replica.", Reason::ReadOnly),
            ("MISCONF Redis is configured to save RDB snapshots, but ...", Reason::ReadOnly),
            ("NOREPLICAS Not enough good replicas to write.", Reason::ReadOnly),
            ("MASTERDOWN Link with MASTER is down and ...", Reason::ReplicaLinkDown),
            ("NOPERM this user has no permissions to run the 'ping' command", Reason::Auth),
            ("ERR max number of clients reached", Reason::TooManyConnections),
            ("BUSY Redis is busy running a script.", Reason::Timeout),
            ("ERR unknown command", Reason::BadStatus),
            ("", Reason::BadStatus),
        ] {
            assert_eq!(of_answer(details), reason, "{details}");
        }
    }

    #[test]
    fn a_connection_that_ends_is_told_from_an_answer() {
        let failure = |kind, details: &'static str| Failure::from(Error::new(kind, details));
        assert!(failure(ErrorKind::IO, "Connection closed.").ended);
        assert!(!failure(ErrorKind::Timeout, "Request timed out.").ended);
        assert!(!failure(ErrorKind::Unknown, "OOM command not allowed").ended);
        assert_eq!(
            failure(ErrorKind::Cluster, "CLUSTERDOWN Hash slot not served").reason,
            Reason::Unreachable
        );
    }
}
