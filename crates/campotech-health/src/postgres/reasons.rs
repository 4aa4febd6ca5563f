//! What an error of the driver means. The codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use std::error::Error as _;
use std::fmt::Write;
use std::io;

use deadpool_postgres::tokio_postgres::Error;
use deadpool_postgres::tokio_postgres::error::{DbError, SqlState};

use crate::Reason;
use crate::link::{Failure, of_io};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = chain(&error);
        if let Some(error) = error.as_db_error() {
            let reason = of_server(error);
            return Self { reason, message, ended: is_end(error.code()) };
        }
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        // The driver does not tell its kinds of errors apart but by their text.
        match (error.to_string().as_str(), io) {
            ("error performing TLS handshake", _) => Self::new(Reason::Tls, message),
            ("authentication error", _) => Self::new(Reason::Auth, message),
            ("invalid configuration", _) if message.contains("password") => Self::new(Reason::Auth, message),
            ("error connecting to server", Some(io)) => Self::new(of_connecting(io), message),
            (_, Some(io)) => Self { reason: of_io(io), message, ended: true },
            _ if error.is_closed() => Self { reason: Reason::Unreachable, message, ended: true },
            _ => Self::new(Reason::Internal, message),
        }
    }
}

/// What the server said.
fn of_server(error: &DbError) -> Reason {
    let code = error.code();
    if [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ]
    .contains(code)
    {
        Reason::Auth
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        Reason::TooManyConnections
    } else if *code == SqlState::CANNOT_CONNECT_NOW && !error.message().contains("shutting down") {
        Reason::StartingUp
    } else if [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN]
        .contains(code)
    {
        Reason::ShuttingDown
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        Reason::ReadOnly
    } else if *code == SqlState::QUERY_CANCELED {
        Reason::Timeout
    } else if *code == SqlState::OUT_OF_MEMORY {
        Reason::OutOfMemory
    } else {
        // Such as 3D000: it answers, and what it says is unexpected.
        Reason::BadStatus
    }
}

/// Whether the server said that it ends this connection.
fn is_end(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
}

/// What went wrong before there was a connection.
fn of_connecting(error: &io::Error) -> Reason {
    match (error.kind(), error.raw_os_error()) {
        // `target_session_attrs=read-write` found no such server.
        (io::ErrorKind::PermissionDenied, None) => Reason::ReadOnly,
        (io::ErrorKind::TimedOut, _) => Reason::Timeout,
        // A resolver's errors are none of the system's.
        (_, None) => Reason::Dns,
        _ => of_io(error),
    }
}

/// The error with its causes, on one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing into a string never fails.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text.replace('\n', "; ")
}
