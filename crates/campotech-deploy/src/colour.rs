//! Two colours, and how the requests are shared between them.

use std::fmt;

use clap::ValueEnum;

/// One of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Blue,
    Green,
}

/// The weights of a listener, as the load balancer has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weights {
    pub(crate) blue: u32,
    pub(crate) green: u32,
}

impl Colour {
    pub(crate) const BOTH: [Self; 2] = [Self::Blue, Self::Green];

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }
}

impl Weights {
    /// Everything to `colour`.
    pub(crate) const fn all(colour: Colour) -> Self {
        Self::share(colour, 100)
    }

    /// `percent` of the requests to `colour`, and the rest to the other one.
    pub(crate) const fn share(colour: Colour, percent: u8) -> Self {
        let (this, rest) = (percent as u32, 100 - percent as u32);
        match colour {
            Colour::Blue => Self { blue: this, green: rest },
            Colour::Green => Self { blue: rest, green: this },
        }
    }

    pub(crate) const fn of(self, colour: Colour) -> u32 {
        match colour {
            Colour::Blue => self.blue,
            Colour::Green => self.green,
        }
    }

    /// Whether they share the requests alike: 1 and 0 is 100 and 0.
    pub(crate) const fn is(self, other: Self) -> bool {
        let (this, that) = (self.blue as u64 * other.green as u64, self.green as u64 * other.blue as u64);
        let nobody = self.blue + self.green == 0 || other.blue + other.green == 0;
        this == that && !nobody
    }

    /// Who has everything, where one of them does.
    pub(crate) fn live(self) -> Option<Colour> {
        Colour::BOTH.into_iter().find(|&colour| self.of(colour) > 0 && self.of(colour.other()) == 0)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blue => "blue",
            Self::Green => "green",
        })
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blue {}, green {}", self.blue, self.green)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_is_who_has_everything() {
        assert_eq!(Weights::all(Colour::Green).live(), Some(Colour::Green));
        assert_eq!(Weights { blue: 1, green: 0 }.live(), Some(Colour::Blue));
        assert_eq!(Weights::share(Colour::Green, 10).live(), None);
        assert_eq!(Weights { blue: 0, green: 0 }.live(), None);
    }

    #[test]
    fn weights_are_shares() {
        let is = |blue, green, percent| Weights { blue, green }.is(Weights::share(Colour::Green, percent));
        assert!(is(1, 0, 0) && is(9, 1, 10) && is(50, 50, 50) && is(0, 999, 100));
        assert!(!is(1, 0, 100) && !is(0, 0, 0) && !is(0, 0, 50) && !is(90, 10, 50));
    }

    #[test]
    fn a_share_leaves_the_rest_to_the_other() {
        assert_eq!(Weights::share(Colour::Green, 10), Weights { blue: 90, green: 10 });
        assert_eq!(Weights::share(Colour::Blue, 10), Weights { blue: 10, green: 90 });
    }
}
