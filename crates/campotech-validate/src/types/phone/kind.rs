//! Kinds of numbers.

/// What an Argentine number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PhoneKind {
    /// A line of an area code; a mobile that was written without its 9 reads the same.
    FixedLine,
    /// A mobile: written with its 9 or its 15, or by satellite (`675`).
    Mobile,
    /// Free for the caller: `0800`.
    TollFree,
    /// Paid for by the caller: `0600` and others.
    PremiumRate,
    /// At the price of a local call from everywhere: `0810`.
    UniversalAccess,
}
