//! Bytes that take their seat along.

use bytes::Bytes;

use super::desk::Seat;

/// A server drops a body before what came of it is sent: it is the bytes that hold the seat.
struct Seated {
    bytes: Bytes,
    _seat: Seat,
}

impl AsRef<[u8]> for Seated {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The same bytes; the seat is free when the last of their clones is gone.
pub(super) fn seated(bytes: Bytes, seat: Seat) -> Bytes {
    Bytes::from_owner(Seated { bytes, _seat: seat })
}
