//! What `INFO` tells: <https://redis.io/docs/latest/commands/info/>.

/// The part of a server that counts as all of it: where it is full, the next write may be refused.
const FULL: f64 = 0.95;

/// What a server says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) replica: bool,
    pub(super) link_down: bool,
    pub(super) loading: bool,
    /// Bytes in use that count for the limit, and the limit; none without one.
    pub(super) memory: Option<(u64, u64)>,
    /// It evicts nothing, and its memory is nearly used up.
    pub(super) full: bool,
}

impl Info {
    /// Reads lines `key:value`; what is missing or odd is taken as fine.
    pub(super) fn parse(text: &str) -> Self {
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        let bytes = |key: &str| value(key).and_then(|bytes| bytes.trim().parse::<u64>().ok()).unwrap_or(0);
        let is = |key: &str, word: &str| value(key).is_some_and(|value| value.trim() == word);
        let used = bytes("used_memory").saturating_sub(bytes("mem_not_counted_for_evict"));
        let most = bytes("maxmemory");
        Self {
            replica: is("role", "slave"),
            link_down: is("master_link_status", "down"),
            loading: is("loading", "1"),
            memory: (most > 0).then_some((used, most)),
            full: most > 0 && is("maxmemory_policy", "noeviction") && used as f64 >= most as f64 * FULL,
        }
    }

    /// The part of its memory that is used, if it has a limit.
    pub(super) fn used_ratio(&self) -> Option<f64> {
        self.memory.map(|(used, most)| used as f64 / most as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read() {
        let info = Info::parse(
            "# Memory\r\nused_memory:950\r\nused_memory_human:1K\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n\
             # Replication\r\nrole:slave\r\nmaster_link_status:down\r\nloading:1\r\n",
        );
        let memory = Some((950, 1000));
        assert_eq!(info, Info { replica: true, link_down: true, loading: true, memory, full: true });
        assert_eq!(info.used_ratio(), Some(0.95));
        assert_eq!(Info::parse("used_memory:950\r\nmaxmemory:0").used_ratio(), None);
    }

    #[test]
    fn full_is_relative_to_a_limit_that_is_kept() {
        let full = |used: u64, most: u64, policy: &str| {
            Info::parse(&format!("used_memory:{used}\nmaxmemory:{most}\nmaxmemory_policy:{policy}")).full
        };
        assert!(full(950, 1_000, "noeviction") && full(2_000, 1_000, "noeviction"));
        assert!(!full(949, 1_000, "noeviction"));
        assert!(!full(1_000, 1_000, "allkeys-lru"), "it makes room");
        assert!(!full(1_000, 0, "noeviction"), "without a limit");
        let buffers =
            "used_memory:1000\nmem_not_counted_for_evict:100\nmaxmemory:1000\nmaxmemory_policy:noeviction";
        assert!(!Info::parse(buffers).full, "buffers of replicas do not count");
    }

    proptest! {
        #[test]
        fn whatever_it_says_it_is_read(text in "((role|loading|used_memory|maxmemory)?:?[0-9a-z]{0,25}\r?\n?){0,8}") {
            let _ = Info::parse(&text);
        }
    }
}
