//! Follows the bytes a client sends just far enough to tell an HTTP/2 head that is under way from a quiet connection.

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Where in the protocol the next byte stands.
#[derive(Debug)]
pub(crate) struct Follower(Place);

/// Frames that began since they were last asked for. Those that a head goes on in are in none of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FrameCounts {
    pub(crate) resets: u32,
    pub(crate) others: u32,
    /// Bytes, not frames.
    pub(crate) data: usize,
}

/// What the bytes so far mean for the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Not HTTP/2.
    Http1,
    /// Maybe HTTP/2: the preface or the first frame is incomplete.
    Opening,
    /// HTTP/2, and nothing is missing that a timer of heads should wait for.
    Open,
    /// HTTP/2 in the middle of a head.
    Head,
}

#[derive(Debug)]
enum Place {
    Preface { matched: usize },
    Frames(Frames),
    Http1,
}

#[derive(Debug, Default)]
struct Frames {
    /// Of the current frame: its nine bytes, as far as they are here, and how much of its payload is missing.
    header: [u8; 9],
    have: usize,
    missing: usize,
    opened: bool,
    /// A head goes on in the next frame.
    continues: bool,
    counts: FrameCounts,
}

impl Follower {
    pub(crate) const fn new() -> Self {
        Self(Place::Preface { matched: 0 })
    }

    /// None where it is not HTTP/2.
    pub(crate) fn take_counts(&mut self) -> Option<FrameCounts> {
        match &mut self.0 {
            Place::Frames(frames) => Some(std::mem::take(&mut frames.counts)),
            _ => None,
        }
    }

    pub(crate) fn follow(&mut self, mut bytes: &[u8]) -> Seen {
        if let Place::Preface { matched } = &mut self.0 {
            let count = bytes.len().min(PREFACE.len() - *matched);
            let (now, rest) = bytes.split_at(count);
            if now != &PREFACE[*matched..*matched + count] {
                self.0 = Place::Http1;
                return Seen::Http1;
            }
            *matched += count;
            if *matched < PREFACE.len() {
                return Seen::Opening;
            }
            bytes = rest;
            self.0 = Place::Frames(Frames::default());
        }
        match &mut self.0 {
            Place::Frames(frames) => frames.follow(bytes),
            _ => Seen::Http1,
        }
    }
}

impl Frames {
    fn count(&mut self) {
        let counts = &mut self.counts;
        match self.header[3] {
            DATA => counts.data += self.missing,
            RST_STREAM => counts.resets += 1,
            CONTINUATION => {}
            _ => counts.others += 1,
        }
    }

    fn follow(&mut self, mut bytes: &[u8]) -> Seen {
        while !bytes.is_empty() {
            if self.have < 9 {
                let count = bytes.len().min(9 - self.have);
                self.header[self.have..self.have + count].copy_from_slice(&bytes[..count]);
                self.have += count;
                bytes = &bytes[count..];
                if self.have < 9 {
                    break;
                }
                let [a, b, c, ..] = self.header;
                self.missing = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                self.count();
            }
            let count = bytes.len().min(self.missing);
            self.missing -= count;
            bytes = &bytes[count..];
            if self.missing == 0 {
                if self.of_a_head() {
                    self.continues = self.header[4] & END_HEADERS == 0;
                }
                (self.opened, self.have) = (true, 0);
            }
        }
        match (self.opened, self.have) {
            (false, _) => Seen::Opening,
            (true, 0) if !self.continues => Seen::Open,
            (true, 9) if !self.of_a_head() => Seen::Open,
            (true, _) => Seen::Head,
        }
    }

    const fn of_a_head(&self) -> bool {
        matches!(self.header[3], HEADERS | CONTINUATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    const HEAD: &[u8] = &[0, 0, 2, HEADERS, 0, 0, 0, 0, 1, 0x82, 0x86];
    const REST: &[u8] = &[0, 0, 1, CONTINUATION, END_HEADERS, 0, 0, 0, 1, 0x84];
    const BODY: &[u8] = &[0, 0, 3, 0, 0, 0, 0, 0, 1, 1, 2, 3];
    const RESET: &[u8] = &[0, 0, 4, RST_STREAM, 0, 0, 0, 0, 1, 0, 0, 0, 8];

    /// What is seen after each byte is the same however the bytes are cut.
    #[test]
    fn every_byte_has_its_place() {
        let all = [PREFACE.as_slice(), SETTINGS, HEAD, REST, BODY].concat();
        let (open, head) = (PREFACE.len() + SETTINGS.len(), HEAD.len() + REST.len());
        let wanted = |count: usize| match count {
            c if c < open => Seen::Opening,
            c if c == open || c == open + head => Seen::Open,
            c if c < open + head => Seen::Head,
            // Nine bytes tell a frame of data from a head.
            c if c < open + head + 9 => Seen::Head,
            _ => Seen::Open,
        };
        for step in 1..=all.len() {
            let (mut follower, mut count) = (Follower::new(), 0);
            for part in all.chunks(step) {
                count += part.len();
                assert_eq!(follower.follow(part), wanted(count), "{count} bytes, {step} at a time");
            }
        }
    }

    #[test]
    fn frames_are_counted_once_however_they_come() {
        let all = [PREFACE.as_slice(), SETTINGS, HEAD, REST, BODY, RESET, BODY, RESET].concat();
        for step in 1..=all.len() {
            let (mut follower, mut sum) = (Follower::new(), FrameCounts::default());
            for part in all.chunks(step) {
                follower.follow(part);
                let counts = follower.take_counts().unwrap_or_default();
                sum.resets += counts.resets;
                sum.others += counts.others;
                sum.data += counts.data;
            }
            assert_eq!(sum, FrameCounts { resets: 2, others: 2, data: 6 }, "{step} at a time");
        }
        let mut follower = Follower::new();
        follower.follow(b"GET / HTTP/1.1\r\n");
        assert_eq!(follower.take_counts(), None);
    }

    #[test]
    fn anything_else_is_http1() {
        let mut follower = Follower::new();
        assert_eq!(follower.follow(b"P"), Seen::Opening);
        assert_eq!(follower.follow(b"OST / HTTP/1.1\r\n"), Seen::Http1);
        assert_eq!(follower.follow(PREFACE), Seen::Http1);
        assert_eq!(Follower::new().follow(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"), Seen::Http1);
    }
}
