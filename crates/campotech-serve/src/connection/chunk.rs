//! A part of an answer, from the moment the protocol pulls it until the socket has it.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::state::State;

/// The protocol may hold it for as long as the client's window is shut, also after it has dropped the body; its bytes are
/// therefore where progress is seen.
#[derive(Debug)]
pub(crate) struct AnswerChunk<D> {
    data: D,
    state: Arc<State>,
    place: usize,
}

impl<D> AnswerChunk<D> {
    pub(crate) fn new(data: D, state: Arc<State>, place: usize) -> Self {
        state.begin_chunk(place);
        Self { data, state, place }
    }
}

impl<D: Buf> Buf for AnswerChunk<D> {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.data.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
        self.state.took(self.place, count);
    }

    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        let bytes = self.data.copy_to_bytes(count);
        self.state.took(self.place, count);
        bytes
    }
}

impl<D> Drop for AnswerChunk<D> {
    fn drop(&mut self) {
        self.state.end_chunk(self.place);
    }
}
