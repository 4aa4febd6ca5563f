//! What an HTTP/2 connection may spend on frames that ask for nothing.

use tokio::time::Instant;

use super::frames::FrameCounts;

/// Streams that a client may reset: at first, and each second; each answer makes room for one more.
const RESETS: Rate = Rate { burst: 200, per_second: 20 };
/// Heads, pings, settings, priorities, window updates and unknown frames.
const FRAMES: Rate = Rate { burst: 1_000, per_second: 100 };
/// A request is worth the frames that usually come with it.
const PER_REQUEST: u32 = 4;
/// Of an answer; an answer that is taken makes window updates. More than the bytes of a frame that answers a frame.
const BYTES_PER_FRAME: usize = 32;

/// The two budgets of a connection. What the library bounds by itself is not in them: frames of a head that goes on, small
/// and empty frames of data, streams at a time.
#[derive(Debug)]
pub(super) struct FloodGuard {
    resets: Bucket,
    frames: Bucket,
    seen: (u32, u32),
    sent: usize,
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: u32,
    per_second: u32,
}

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    left: u32,
    filled: Instant,
}

impl FloodGuard {
    pub(super) fn new(now: Instant) -> Self {
        Self { resets: Bucket::new(RESETS, now), frames: Bucket::new(FRAMES, now), seen: (0, 0), sent: 0 }
    }

    /// The socket took bytes of ours.
    pub(super) const fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Whether these frames are within the budgets, with so many requests begun and answered so far.
    pub(super) fn admits(&mut self, counts: FrameCounts, requests: (u32, u32), now: Instant) -> bool {
        let (begun, answered) = (requests.0.wrapping_sub(self.seen.0), requests.1.wrapping_sub(self.seen.1));
        self.seen = requests;
        let sent = (self.sent / BYTES_PER_FRAME).min(FRAMES.burst as usize);
        self.sent %= BYTES_PER_FRAME;
        self.resets.earn(answered);
        self.frames.earn(begun.saturating_mul(PER_REQUEST));
        // At most the burst, so it fits.
        self.frames.earn(u32::try_from(sent + counts.data / 1024).unwrap_or(u32::MAX));
        self.resets.spend(counts.resets, now) && self.frames.spend(counts.others, now)
    }
}

impl Bucket {
    const fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, left: rate.burst, filled: now }
    }

    fn earn(&mut self, count: u32) {
        self.left = self.left.saturating_add(count).min(self.rate.burst);
    }

    fn spend(&mut self, count: u32, now: Instant) -> bool {
        if count > self.left || self.left < self.rate.burst / 2 {
            let passed = now.saturating_duration_since(self.filled);
            let grown = passed.as_millis().saturating_mul(u128::from(self.rate.per_second)) / 1000;
            if grown > 0 {
                self.filled = now;
                self.earn(u32::try_from(grown).unwrap_or(u32::MAX));
            }
        }
        let left = self.left.checked_sub(count);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn resets(resets: u32) -> FrameCounts {
        FrameCounts { resets, ..FrameCounts::default() }
    }

    fn others(others: u32) -> FrameCounts {
        FrameCounts { others, ..FrameCounts::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_admitted_and_a_flood_is_not() {
        let now = Instant::now();
        let mut guard = FloodGuard::new(now);
        assert!(guard.admits(resets(200), (200, 0), now));
        assert!(!guard.admits(resets(1), (201, 0), now));
        let later = now + Duration::from_secs(2);
        assert!(guard.admits(resets(40), (201, 0), later), "twenty a second");
        assert!(!guard.admits(resets(1), (201, 0), later));
        let mut guard = FloodGuard::new(now);
        assert!(guard.admits(others(1_000), (0, 0), now));
        assert!(!guard.admits(others(1), (0, 0), now));
    }

    #[tokio::test(start_paused = true)]
    async fn work_pays_for_its_frames() {
        let now = Instant::now();
        let mut guard = FloodGuard::new(now);
        for done in 1..10_000 {
            assert!(guard.admits(FrameCounts { resets: 1, others: 4, data: 0 }, (done, done), now), "{done}");
        }
        // A download whose every frame is acknowledged twice.
        let mut guard = FloodGuard::new(now);
        for _ in 0..10_000 {
            guard.sent(9 + 16_384);
            assert!(guard.admits(others(2), (1, 1), now));
        }
        // Pings are answered with less than they cost.
        let mut guard = FloodGuard::new(now);
        let flood = (0..3_000).all(|_| {
            guard.sent(9 + 8);
            guard.admits(others(1), (1, 1), now)
        });
        assert!(!flood);
    }

    #[tokio::test(start_paused = true)]
    async fn many_quiet_seconds_are_no_more_than_one_burst() {
        let now = Instant::now();
        let mut guard = FloodGuard::new(now);
        let later = now + Duration::from_secs(3600);
        assert!(!guard.admits(others(1_001), (0, 0), later));
    }
}
