//! File descriptors: one for each connection, and the system gives a process few of them unless asked.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For files, sockets and pools of the service itself.
const BESIDES: u64 = 256;

/// Raises the process's soft limit as far as `connections` need it and the hard one lets it; never lowers it. How many are
/// missing.
pub(crate) fn raise(connections: usize) -> u64 {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(BESIDES);
    let limit = getrlimit(Resource::Nofile);
    let Some(next) = raised(limit, wanted) else { return missing(limit, wanted) };
    if let Err(error) = setrlimit(Resource::Nofile, next) {
        tracing::warn!(%error, "the limit of file descriptors can't be raised");
    }
    missing(getrlimit(Resource::Nofile), wanted)
}

/// The limit to set, where there is one to set.
fn raised(limit: Rlimit, wanted: u64) -> Option<Rlimit> {
    let current = limit.current?;
    let next = limit.maximum.map_or(wanted, |most| most.min(wanted));
    (next > current).then_some(Rlimit { current: Some(next), maximum: limit.maximum })
}

fn missing(limit: Rlimit, wanted: u64) -> u64 {
    limit.current.map_or(0, |current| wanted.saturating_sub(current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_raised_to_what_is_needed_and_allowed_and_never_lowered() {
        let limit = |current, maximum| Rlimit { current, maximum };
        for (current, maximum, wanted, next, lacks) in [
            (Some(1024), Some(4096), 2000, Some(2000), 976),
            (Some(1024), Some(1500), 2000, Some(1500), 976),
            (Some(1024), None, 2000, Some(2000), 976),
            (Some(1024), Some(1024), 2000, None, 976),
            (Some(4096), Some(4096), 2000, None, 0),
            (None, None, 2000, None, 0),
        ] {
            let limit = limit(current, maximum);
            let raised = raised(limit, wanted);
            assert_eq!(raised.and_then(|next| next.current), next, "{limit:?}");
            assert!(raised.is_none_or(|next| next.maximum == maximum));
            assert_eq!(missing(limit, wanted), lacks, "{limit:?}");
        }
    }
}
