//! What new ids are made of, many at a time: no system call and hardly ever an allocation for one of them.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

/// Texts of ids that share an allocation. An id that is kept keeps its neighbours' bytes, so there are not many.
const NEIGHBOURS: usize = 32;

/// Random bits of a cryptographic generator that the system seeds once, and room for texts.
#[derive(Debug)]
pub(super) struct Source<R> {
    rng: R,
    texts: BytesMut,
}

thread_local! {
    static SOURCE: RefCell<Source<StdRng>> = RefCell::new(Source::new(seeded()));
}

/// Makes an id from this thread's source.
pub(super) fn made<T>(make: impl Fn(&mut Source<StdRng>) -> T) -> T {
    let made = SOURCE.try_with(|source| make(&mut source.borrow_mut()));
    // A thread that ends drops what is its own in any order.
    made.unwrap_or_else(|_| make(&mut Source::new(seeded())))
}

/// Ids are no secrets: where the system has no random bits, differing is enough.
fn seeded() -> StdRng {
    StdRng::try_from_os_rng().unwrap_or_else(|_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        StdRng::seed_from_u64(now.as_secs() ^ u64::from(now.subsec_nanos()).rotate_left(32))
    })
}

impl<R: RngCore> Source<R> {
    fn new(rng: R) -> Self {
        Self { rng, texts: BytesMut::new() }
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// 128 random bits.
    pub(super) fn wide_bits(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    /// A copy of `text` in memory that it shares with others.
    pub(super) fn shared<const N: usize>(&mut self, text: &[u8; N]) -> Bytes {
        if self.texts.capacity() < N {
            // Where nobody holds an id of those before, this takes their memory again.
            self.texts.reserve(NEIGHBOURS * N);
        }
        self.texts.extend_from_slice(text);
        self.texts.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is drawn.
    struct Counting(u64);

    impl RngCore for Counting {
        fn next_u32(&mut self) -> u32 {
            unreachable!("whole words are drawn")
        }

        fn next_u64(&mut self) -> u64 {
            self.0 += 1;
            self.0
        }

        fn fill_bytes(&mut self, _: &mut [u8]) {
            unreachable!("whole words are drawn")
        }
    }

    #[test]
    fn no_bits_are_drawn_twice() {
        let mut source = Source::new(Counting(0));
        assert_eq!((source.bits(), source.wide_bits(), source.bits()), (1, 2 << 64 | 3, 4));
    }

    #[test]
    fn texts_lie_side_by_side_until_their_memory_is_full() {
        let mut source = Source::new(Counting(0));
        let texts: Vec<_> = (0..NEIGHBOURS as u8 + 1).map(|n| source.shared(&[n; 36])).collect();
        for (n, pair) in texts.windows(2).enumerate() {
            assert_eq!(pair[0], [n as u8; 36][..]);
            let beside = pair[0].as_ptr_range().end == pair[1].as_ptr();
            assert_eq!(beside, n + 1 < NEIGHBOURS, "{n}");
        }
    }

    #[test]
    fn a_thread_has_its_own_source() {
        let here = made(Source::wide_bits);
        let there = std::thread::spawn(|| made(Source::wide_bits)).join().unwrap();
        assert_ne!(here, there);
    }

    #[test]
    fn an_id_can_be_made_while_a_thread_ends() {
        struct Late(std::sync::mpsc::Sender<u128>);
        impl Drop for Late {
            fn drop(&mut self) {
                self.0.send(made(Source::wide_bits)).unwrap();
            }
        }
        thread_local! {
            static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            // Dropped after the source, which came later.
            LATE.set(Some(Late(sender)));
            made(Source::wide_bits)
        });
        assert_ne!(thread.join().unwrap(), receiver.recv().unwrap());
    }
}
