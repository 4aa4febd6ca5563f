//! A part of an answer, from the moment the protocol pulls it until the socket has it.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::state::State;

/// The protocol may hold it for as long as the client's window is shut, also after it has dropped the body; its bytes are
/// therefore where progress is seen.
#[derive(Debug)]
pub(crate) struct AnswerChunk<D> {
    data: ChunkData<D>,
    state: Arc<State>,
    place: usize,
}

/// Of the service's answer, or of one that the server gives by itself.
#[derive(Debug)]
pub(crate) enum ChunkData<D> {
    Service(D),
    Refusal(Bytes),
}

/// The same call on whichever it is.
macro_rules! on {
    ($data:expr, $of:ident => $call:expr) => {
        match $data {
            ChunkData::Service($of) => $call,
            ChunkData::Refusal($of) => $call,
        }
    };
}

impl<D> AnswerChunk<D> {
    pub(crate) fn new(data: ChunkData<D>, state: Arc<State>, place: usize) -> Self {
        state.begin_chunk(place);
        Self { data, state, place }
    }
}

impl<D: Buf> Buf for AnswerChunk<D> {
    fn remaining(&self) -> usize {
        on!(&self.data, data => data.remaining())
    }

    fn chunk(&self) -> &[u8] {
        on!(&self.data, data => data.chunk())
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        on!(&self.data, data => data.chunks_vectored(slices))
    }

    fn advance(&mut self, count: usize) {
        on!(&mut self.data, data => data.advance(count));
        self.state.took(self.place, count);
    }

    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        let bytes = on!(&mut self.data, data => data.copy_to_bytes(count));
        self.state.took(self.place, count);
        bytes
    }
}

impl<D> Drop for AnswerChunk<D> {
    fn drop(&mut self) {
        self.state.end_chunk(self.place);
    }
}
