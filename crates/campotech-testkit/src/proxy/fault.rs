//! What a proxy does to its connections.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    Pass,
    /// Every chunk comes this much later, in each direction; their order stays.
    Delay(Duration),
    /// New connections are accepted and nothing is answered; whatever is sent, by old ones too, is lost. A connection that
    /// lost something stays mute for ever; one that did not goes on when the fault ends.
    Blackhole,
    /// The server's side of every connection is closed, and clients are never told; new ones are accepted and find nobody.
    HalfOpen,
    /// New connections are reset; old ones go on.
    Refuse,
}

impl Fault {
    /// Whether bytes get through.
    pub(super) const fn passes(self) -> bool {
        matches!(self, Self::Pass | Self::Delay(_) | Self::Refuse)
    }

    pub(super) const fn delay(self) -> Duration {
        if let Self::Delay(time) = self { time } else { Duration::ZERO }
    }
}
