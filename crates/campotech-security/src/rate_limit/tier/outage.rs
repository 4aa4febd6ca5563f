//! What a tier does while the store that replicas share does not decide.

/// What a tier does while the shared store is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Outage {
    /// Decides by this replica's share: the limit divided by the replicas that were last seen, rounded up.
    #[default]
    LocalShare,
    /// Lets every request pass: for what is worse to refuse than to admit too often.
    Open,
    /// Refuses every request with 503: for what must never be admitted too often.
    Closed,
}
