//! Bars: what is wanted, beside a peer or a floor in the same run.

use crate::conservation::{self, Left, OURS};
use crate::flood;
use crate::gates::Gates;
use crate::health as probes;
use crate::pairs::{self, Pair};
use crate::peers::{AXUM_PROMETHEUS, SENTRY_TOWER, TOWER_HELMET};
use crate::scrape::{self, Scraped};
use crate::stack::{assembled, ours as whole};
use crate::{Subject, cases, encode, inspect, limits, ours, server, validate, words};

/// A ratio that is wanted.
pub(crate) struct Bar {
    pub(crate) name: &'static str,
    /// The most that the ratio of ours to the peer's may be.
    pub(crate) most: f64,
    pub(crate) measured: Measured,
}

pub(crate) enum Measured {
    /// Times of subjects in turns; what both have under them, if there is such, is taken off.
    Times { ours: fn() -> Subject, peer: fn() -> Subject, floor: Option<fn() -> Subject> },
    /// Times of a subject and of a peer elsewhere, in turns.
    Told { ours: fn() -> Subject, peer: fn() -> Box<pairs::Clock<'static>> },
    /// Instructions over their floor of two cases.
    Cases { ours: &'static str, peer: &'static str },
    /// Allocations over their floor of two cases.
    Allocations { ours: &'static str, peer: &'static str },
    /// What is left of a flood, beside a number.
    Flood { left: fn(flood::Left) -> f64, most: f64 },
    /// What is left of a flood of both.
    Floods,
    /// What is left of a flood of networks, beside a number.
    Networks { left: fn(limits::flood::Left) -> f64, most: f64 },
    /// The memory that a flood of networks takes, beside governor's.
    NetworksOfGovernor,
    /// What is left once requests are over, beside what is left with a peer, or beside one. A peer that has nothing left is no
    /// contrast: the bar is missed.
    Conserved { left: fn(Left) -> f64, peer: Option<&'static str> },
    /// What is seen of scrapes of a busy server, beside a number.
    Scraped { seen: fn(Scraped) -> f64, most: f64 },
    /// CPU time of a request to whole servers.
    Served { ours: &'static str, peer: &'static str },
    /// Instructions over its floor, beside a number.
    Instructions { ours: &'static str, most: f64 },
    /// Allocations over its floor, beside a number.
    Allocated { ours: &'static str, most: f64 },
}

const BARS: &[Bar] = &[
    Bar {
        name: "metrics.layer.time",
        most: 0.2,
        measured: Measured::Times {
            ours: || begin("metrics.layer"),
            peer: || begin(AXUM_PROMETHEUS),
            floor: Some(|| begin(ours::NOTHING)),
        },
    },
    Bar {
        name: "metrics.layer.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: "metrics.layer", most: 1_200.0 },
    },
    Bar {
        name: "metrics.layer.instructions_of_axum_prometheus",
        most: 0.1,
        measured: Measured::Cases { ours: "metrics.layer", peer: AXUM_PROMETHEUS },
    },
    Bar {
        name: "metrics.record.six_additions",
        most: 2.0,
        measured: Measured::Times { ours: words::ours, peer: words::six_additions, floor: None },
    },
    Bar {
        name: "metrics.record.families",
        most: 0.5,
        measured: Measured::Times { ours: words::ours, peer: words::families, floor: None },
    },
    Bar {
        name: "metrics.record.two_threads",
        most: 1.0 / 0.85,
        measured: Measured::Times { ours: words::two_on_one, peer: words::two_on_two, floor: None },
    },
    Bar {
        name: "metrics.encode.prometheus_client",
        most: 0.3,
        measured: Measured::Times { ours: encode::ours, peer: encode::prometheus_client, floor: None },
    },
    Bar {
        name: "metrics.scrape.milliseconds",
        most: 1.0,
        measured: Measured::Scraped { seen: |scraped| scraped.median, most: 50.0 },
    },
    Bar {
        name: "metrics.scrape.requests_waiting",
        most: 0.0,
        measured: Measured::Scraped { seen: |scraped| scraped.waiting, most: 1.0 },
    },
    Bar {
        name: "metrics.flood.bytes",
        most: 1.0,
        measured: Measured::Flood { left: |left| left.bytes, most: 1_048_576.0 },
    },
    Bar {
        name: "metrics.flood.series",
        most: 1.0,
        measured: Measured::Flood { left: |left| left.series, most: 2_000.0 },
    },
    Bar {
        name: "metrics.flood.lost",
        most: 0.0,
        measured: Measured::Flood {
            left: |left| ((flood::PATHS + flood::METHODS) as f64 - left.requests).abs(),
            most: 1.0,
        },
    },
    Bar { name: "metrics.flood.axum_prometheus", most: 0.01, measured: Measured::Floods },
    Bar {
        name: "metrics.conservation.lost",
        most: 0.0,
        measured: Measured::Conserved { left: |left| left.lost, peer: None },
    },
    Bar {
        name: "metrics.conservation.leaked",
        most: 0.0,
        measured: Measured::Conserved { left: |left| left.leaked, peer: None },
    },
    Bar {
        name: "metrics.conservation.axum_prometheus",
        most: 0.0,
        measured: Measured::Conserved { left: |left| left.lost, peer: Some(conservation::AXUM_PROMETHEUS) },
    },
    Bar {
        name: "metrics.conservation.opentelemetry",
        most: 0.0,
        measured: Measured::Conserved { left: |left| left.lost, peer: Some(conservation::OPENTELEMETRY) },
    },
    Bar {
        name: "metrics.conservation.leaked_of_opentelemetry",
        most: 0.0,
        measured: Measured::Conserved { left: |left| left.leaked, peer: Some(conservation::OPENTELEMETRY) },
    },
    Bar {
        name: "sentry.layer_without_dsn.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: "sentry.layer_without_dsn", most: 300.0 },
    },
    Bar {
        name: "sentry.layer.time",
        most: 0.5,
        measured: Measured::Times {
            ours: || begin("sentry.layer"),
            peer: || begin(SENTRY_TOWER),
            floor: Some(|| begin(ours::NOTHING)),
        },
    },
    Bar {
        name: "sentry.layer.instructions_of_sentry_tower",
        most: 0.5,
        measured: Measured::Cases { ours: "sentry.layer", peer: SENTRY_TOWER },
    },
    Bar {
        name: "security.headers.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: ours::HEADERS, most: 2_500.0 },
    },
    Bar {
        name: "security.headers.instructions_of_tower_helmet",
        most: 0.25,
        measured: Measured::Cases { ours: ours::HEADERS, peer: TOWER_HELMET },
    },
    Bar {
        name: "security.headers.allocations_of_tower_helmet",
        most: 0.125,
        measured: Measured::Allocations { ours: ours::HEADERS, peer: TOWER_HELMET },
    },
    Bar {
        name: "security.headers.fourteen.instructions_of_tower_helmet",
        most: 0.6,
        measured: Measured::Cases { ours: ours::FOURTEEN_HEADERS, peer: TOWER_HELMET },
    },
    Bar {
        name: "security.headers.fourteen.time",
        most: 0.6,
        measured: Measured::Times {
            ours: || begin(ours::FOURTEEN_HEADERS),
            peer: || begin(TOWER_HELMET),
            floor: Some(|| begin(ours::NOTHING)),
        },
    },
    Bar {
        name: "health.live.instructions_of_bare_hyper",
        most: 1.03,
        measured: Measured::Cases { ours: probes::ours::LIVE, peer: probes::bare::LIVE },
    },
    Bar {
        name: "health.full.instructions_of_bare_hyper",
        most: 1.10,
        measured: Measured::Cases { ours: probes::ours::FULL, peer: probes::bare::FULL },
    },
    Bar {
        name: "health.live.instructions_of_health_checks",
        most: 1.0,
        measured: Measured::Cases { ours: probes::ours::LIVE, peer: probes::peers::HEALTH_CHECKS_LIVE },
    },
    Bar {
        name: "health.full.instructions_of_health_checks",
        most: 0.5,
        measured: Measured::Cases { ours: probes::ours::FULL, peer: probes::peers::HEALTH_CHECKS },
    },
    Bar {
        name: "health.full.instructions_of_axum_health",
        most: 1.0,
        measured: Measured::Cases { ours: probes::ours::FULL, peer: probes::peers::AXUM_HEALTH },
    },
    Bar {
        name: "security.inspect.json_of_serde_json",
        most: 2.0,
        measured: Measured::Times { ours: inspect::gate, peer: inspect::serde_json, floor: None },
    },
    Bar {
        name: "security.inspect.detection_of_serde_json",
        most: 4.0,
        measured: Measured::Times { ours: inspect::detection, peer: inspect::serde_json, floor: None },
    },
    Bar {
        name: "security.inspect.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: "security.inspect", most: 600.0 },
    },
    Bar {
        name: "security.rate_limit.shared.leased_of_peer",
        most: 0.77,
        measured: Measured::Times { ours: limits::shared::leased, peer: limits::shared::peer, floor: None },
    },
    Bar {
        name: "security.rate_limit.many_keys_of_governor",
        most: 1.3,
        measured: Measured::Times {
            ours: limits::ours::many_keys,
            peer: limits::peers::many_keys,
            floor: None,
        },
    },
    Bar {
        name: "security.rate_limit.one_key_of_governor",
        most: 1.3,
        measured: Measured::Times { ours: limits::ours::one_key, peer: limits::peers::one_key, floor: None },
    },
    Bar {
        name: "security.rate_limit.one_key_of_governor_by_the_systems_clock",
        most: 1.3,
        measured: Measured::Times {
            ours: limits::ours::one_key_by_the_system,
            peer: limits::peers::one_key_by_the_system,
            floor: None,
        },
    },
    Bar {
        name: "security.rate_limit.flood.bytes",
        most: 1.0,
        measured: Measured::Networks { left: |left| left.bytes, most: 64.0 * 1_048_576.0 },
    },
    Bar {
        name: "security.rate_limit.flood.forgiven",
        most: 0.0,
        measured: Measured::Networks { left: |left| left.forgiven, most: 1.0 },
    },
    Bar {
        name: "security.rate_limit.flood.wrong",
        most: 1.0,
        measured: Measured::Networks { left: |left| left.wrong, most: 0.001 },
    },
    Bar {
        name: "security.rate_limit.flood.bytes_of_governor",
        most: 0.2,
        measured: Measured::NetworksOfGovernor,
    },
    Bar {
        name: "stack.get.instructions_of_assembled",
        most: 0.5,
        measured: Measured::Cases { ours: whole::GET, peer: assembled::GET },
    },
    Bar {
        name: "stack.post.instructions_of_assembled",
        most: 0.85,
        measured: Measured::Cases { ours: whole::POST, peer: assembled::POST },
    },
    Bar {
        name: "stack.get.allocations",
        most: 1.0,
        measured: Measured::Allocated { ours: whole::GET, most: 8.0 },
    },
    Bar {
        name: "stack.post.allocations",
        most: 1.0,
        measured: Measured::Allocated { ours: whole::POST, most: 20.0 },
    },
    Bar {
        name: "server.get.cpu_of_assembled",
        most: 0.95,
        measured: Measured::Served { ours: server::OURS, peer: server::ASSEMBLED },
    },
    Bar {
        name: "stack.get.allocations_of_assembled",
        most: 0.2,
        measured: Measured::Allocations { ours: whole::GET, peer: assembled::GET },
    },
    Bar {
        name: "stack.post.allocations_of_assembled",
        most: 0.25,
        measured: Measured::Allocations { ours: whole::POST, peer: assembled::POST },
    },
];

/// Bars that are not reached yet: what they measure is shown, and fails nothing.
const AIMS: &[Bar] = &[
    Bar {
        name: "security.rate_limit.shared.asked_of_peer",
        most: 0.77,
        measured: Measured::Times { ours: limits::shared::asked, peer: limits::shared::peer, floor: None },
    },
    Bar {
        name: "security.rate_limit.instructions_of_tower_governor",
        most: 0.7,
        measured: Measured::Cases { ours: limits::ours::LAYER, peer: limits::peers::LAYER },
    },
    Bar {
        name: "security.rate_limit.instructions_of_tower_governor_with_headers",
        most: 0.7,
        measured: Measured::Cases { ours: limits::ours::LAYER, peer: limits::peers::LAYER_WITH_HEADERS },
    },
    Bar {
        name: "security.rate_limit.time_of_tower_governor_with_headers",
        most: 0.77,
        measured: Measured::Times {
            ours: || begin(limits::ours::BY_THE_COUNTER),
            peer: || begin(limits::peers::LAYER_WITH_HEADERS),
            floor: Some(|| begin(limits::ours::FLOOR)),
        },
    },
    Bar {
        name: "stack.get.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: whole::GET, most: 7_400.0 },
    },
    Bar {
        name: "stack.post.instructions",
        most: 1.0,
        measured: Measured::Instructions { ours: whole::POST, most: 15_000.0 },
    },
    Bar {
        name: "server.get.cpu_of_hyper",
        most: 1.35,
        measured: Measured::Served { ours: server::OURS, peer: server::HYPER },
    },
];

/// # Panics
/// There is no such case.
fn begin(name: &str) -> Subject {
    let case = cases().into_iter().find(|case| case.name == name).expect("a case");
    (case.begin)()
}

/// Prints a line for each bar whose name has `filter` in it; whether all are reached.
///
/// # Errors
/// No bar has it.
pub fn measured(filter: &str, costs: &Gates) -> Result<bool, String> {
    let named = |bars: &'static [Bar]| bars.iter().filter(|bar| bar.name.contains(filter));
    let bars: Vec<_> = named(BARS).chain(named(validate::bars::BARS)).collect();
    let aims: Vec<_> = named(AIMS).chain(named(validate::bars::AIMS)).collect();
    if bars.is_empty() && aims.is_empty() {
        return Err(format!("no bar has `{filter}` in its name"));
    }
    let mut reached = true;
    for bar in bars {
        reached &= bar.shown("bar", " MISSED", costs)?;
    }
    for aim in aims {
        aim.shown("aim", " NOT YET", costs)?;
    }
    Ok(reached)
}

impl Bar {
    /// Prints its line; whether it is reached.
    fn shown(&self, word: &str, unless: &str, costs: &Gates) -> Result<bool, String> {
        let Pair { ours, peer, ratio } = self.measured.pair(costs)?;
        let fine = (0.0..=self.most).contains(&ratio);
        let (name, most, missed) = (self.name, self.most, if fine { "" } else { unless });
        println!("BENCH {name} ratio={ratio:.3} {word}<={most:.2} ours={ours:.1} peer={peer:.1}{missed}");
        Ok(fine)
    }
}

impl Measured {
    fn pair(&self, costs: &Gates) -> Result<Pair, String> {
        let counted = |ours: f64, peer: f64| Pair { ours, peer, ratio: ours / peer };
        Ok(match *self {
            Self::Flood { left, most } => counted(left(flood::ours()?), most),
            Self::Floods => counted(flood::ours()?.bytes, flood::flooded("axum_prometheus")?.bytes),
            Self::Networks { left, most } => counted(left(limits::flood::ours()?), most),
            Self::NetworksOfGovernor => {
                counted(limits::flood::ours()?.bytes, limits::flood::flooded("governor")?.bytes)
            }
            Self::Conserved { left, peer } => {
                let beside = peer.map_or(Ok(1.0), |peer| conservation::left(peer).map(left))?;
                counted(left(conservation::left(OURS)?), beside)
            }
            Self::Times { ours, peer, floor } => {
                pairs::measured(&mut ours(), &mut peer(), floor.map(|floor| floor()))
            }
            Self::Told { ours, peer } => pairs::beside(&mut ours(), &mut *peer()),
            Self::Cases { ours, peer } => counted(costs[ours].instructions, costs[peer].instructions),
            Self::Allocations { ours, peer } => counted(costs[ours].allocations, costs[peer].allocations),
            Self::Scraped { seen, most } => counted(seen(scrape::scraped()?), most),
            Self::Served { ours, peer } => server::beside(ours, peer)?,
            Self::Instructions { ours, most } => counted(costs[ours].instructions, most),
            Self::Allocated { ours, most } => counted(costs[ours].allocations, most),
        })
    }
}
