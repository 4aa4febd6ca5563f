//! What can be run, and what shape it has.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A file of `scenarios/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// A working day.
    ApiBaseline,
    /// How far it goes.
    StressTest,
    /// A flash crowd.
    SpikeTest,
    /// What grows.
    SoakTest,
}

/// Who decides when the next visit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Users who wait for an answer, and think.
    Closed,
    /// A rate, whatever the server does.
    Open,
}

/// How long a scenario takes, and with how many users at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// All of it.
    pub duration: Duration,
    /// At once.
    pub users: u64,
}

/// A part of a whole: `1/20`, `0.05`, `1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fraction {
    above: f64,
    below: f64,
}

impl Scenario {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 4] = [Self::ApiBaseline, Self::StressTest, Self::SpikeTest, Self::SoakTest];

    /// The name of its file, and of its scenario in k6.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiBaseline => "api-baseline",
            Self::StressTest => "stress-test",
            Self::SpikeTest => "spike-test",
            Self::SoakTest => "soak-test",
        }
    }

    /// What it is meant to be, whole.
    #[must_use]
    pub const fn shape(self) -> Shape {
        let (minutes, users) = match self {
            Self::ApiBaseline => (19, 100),
            Self::StressTest => (20, 500),
            Self::SpikeTest => (8, 400),
            Self::SoakTest => (120, 80),
        };
        Shape { duration: Duration::from_secs(minutes * 60), users }
    }
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Closed, Self::Open];

    /// As the scripts call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

impl Fraction {
    /// All of it.
    pub const WHOLE: Self = Self { above: 1.0, below: 1.0 };

    /// So much of `whole`.
    #[must_use]
    pub fn of(self, whole: Duration) -> Duration {
        whole.mul_f64(self.above / self.below)
    }
}

impl FromStr for Fraction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (above, below) = text.split_once('/').unwrap_or((text, "1"));
        match (above.parse(), below.parse()) {
            (Ok(above), Ok(below)) if f64::is_finite(above / below) && above / below > 0.0 => {
                Ok(Self { above, below })
            }
            _ => Err("is no fraction, for example 1/20".to_owned()),
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.below - 1.0).abs() < f64::EPSILON {
            write!(f, "{}", self.above)
        } else {
            write!(f, "{}/{}", self.above, self.below)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_read_written_and_taken() {
        let twentieth: Fraction = "1/20".parse().unwrap();
        assert_eq!(twentieth.to_string(), "1/20");
        assert_eq!(twentieth.of(Scenario::ApiBaseline.shape().duration), Duration::from_secs(57));
        assert_eq!("0.5".parse::<Fraction>().unwrap().of(Duration::from_secs(8)), Duration::from_secs(4));
        for wrong in ["", "1/0", "0", "-1", "a/b", "1/2/3", "inf", "nan"] {
            assert!(wrong.parse::<Fraction>().is_err(), "{wrong}");
        }
    }
}
