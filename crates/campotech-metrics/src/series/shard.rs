//! Words that are counted in by many threads: one copy until threads are seen to take turns in it, then one for each core.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// How often threads take turns between two looks before there is a copy for each core: a series that is not hot stays small.
const TURNS: usize = 1_024;

/// What is counted in, wherever a thread may be: every value of `T` is a sum over [`all`](Self::all).
///
/// `T` is meant to be aligned to a cache line.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    /// The thread that counted last.
    last: AtomicUsize,
    turns: AtomicUsize,
    first: T,
    more: OnceLock<Box<[Apart<T>]>>,
}

/// Two lines from the next: processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Self {
            last: AtomicUsize::new(usize::MAX),
            turns: AtomicUsize::new(0),
            first: T::default(),
            more: OnceLock::new(),
        }
    }
}

impl<T: Default> Sharded<T> {
    /// Where this thread counts. Others may count there, too: what is counted must be atomic.
    pub(crate) fn here(&self) -> &T {
        let me = thread();
        match self.more.get() {
            // Their number is a power of two.
            Some(more) => &more[me & (more.len() - 1)].0,
            None if self.last.load(Ordering::Relaxed) == me => &self.first,
            None => self.turn(me),
        }
    }

    #[cold]
    fn turn(&self, me: usize) -> &T {
        self.last.store(me, Ordering::Relaxed);
        if self.turns.fetch_add(1, Ordering::Relaxed) >= TURNS {
            self.more.get_or_init(|| (0..cores()).map(|_| Apart::default()).collect());
        }
        &self.first
    }
}

impl<T> Sharded<T> {
    /// All copies. With this look, turns begin at none.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        if self.more.get().is_none() {
            self.turns.store(0, Ordering::Relaxed);
        }
        let more = self.more.get().into_iter().flatten().map(|apart| &apart.0);
        std::iter::once(&self.first).chain(more)
    }

    /// The sum of what `read` reads of every copy.
    pub(crate) fn sum(&self, read: impl Fn(&T) -> u64) -> u64 {
        self.all().map(read).sum()
    }
}

/// The number of this thread, from 0 on in the order in which they came here. Two that have the same place among the cores share words.
fn thread() -> usize {
    const NONE: usize = usize::MAX;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    }
    NUMBER.with(|number| {
        if number.get() == NONE {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

/// The next power of two.
fn cores() -> usize {
    // It is read from files, some of which may change.
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from).next_power_of_two())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn one_thread_has_one_copy() {
        let sharded = Sharded::<AtomicU64>::default();
        for _ in 0..10 * TURNS {
            sharded.here().fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!((sharded.all().count(), sharded.first.load(Ordering::Relaxed)), (1, 10 * TURNS as u64));
    }

    #[test]
    fn threads_that_take_turns_get_a_copy_for_each_core_and_nothing_is_lost() {
        let sharded = Sharded::<AtomicU64>::default();
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..2 * TURNS {
                        barrier.wait();
                        sharded.here().fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(sharded.all().count(), 1 + cores());
        assert_eq!(sharded.sum(|count| count.load(Ordering::Relaxed)), 4 * TURNS as u64);
    }
}
