//! The frames of a body, joined.

use bytes::{Bytes, BytesMut};

/// A body that comes in one frame is not copied.
#[derive(Debug, Default)]
pub(super) struct Collector {
    first: Bytes,
    joined: BytesMut,
}

impl Collector {
    pub(super) fn push(&mut self, data: Bytes) {
        if data.is_empty() {
            return;
        }
        if self.is_empty() {
            self.first = data;
            return;
        }
        if self.joined.is_empty() {
            // Grown by what has arrived, never by what was announced.
            self.joined.reserve(self.first.len() + data.len());
            self.joined.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&data);
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    pub(super) fn finish(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_is_not_copied() {
        let data = Bytes::from(vec![7; 100]);
        let mut collector = Collector::default();
        collector.push(Bytes::new());
        collector.push(data.clone());
        collector.push(Bytes::new());
        assert_eq!(collector.finish().as_ptr(), data.as_ptr());
    }

    #[test]
    fn frames_are_joined_in_their_order() {
        let mut collector = Collector::default();
        for part in ["ho", "", "la", ", mundo"] {
            collector.push(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(collector.len(), 11);
        assert_eq!(collector.finish(), "hola, mundo");
    }
}
