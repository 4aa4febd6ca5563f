//! The rules of the house, applied to one crate at a time.

use super::{Edge, Member, Section};

const CORE: &str = "campotech-core";
const FACADE: &str = "campotech";
const TESTKIT: &str = "campotech-testkit";
const LEAVES: &[&str] = &[
    "campotech-health",
    "campotech-metrics",
    "campotech-security",
    "campotech-sentry",
    "campotech-serve",
    "campotech-validate",
];
const EXAMPLE: &str = "campotech-server";
const TOOLS: &[&str] = &["xtask", "build-anchor", "campotech-deploy", "campotech-load", "campotech-monitor"];

/// The one registry that libraries are published to.
const REGISTRY: &str = "campotech";

/// Frameworks that a leaf serves by a feature, never by default.
const FRAMEWORKS: &[&str] = &["axum", "tonic"];

/// Where a crate stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Core,
    Leaf,
    Facade,
    Example,
    Testkit,
    Tool,
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        match name {
            CORE => Some(Self::Core),
            FACADE => Some(Self::Facade),
            EXAMPLE => Some(Self::Example),
            TESTKIT => Some(Self::Testkit),
            tool if TOOLS.contains(&tool) => Some(Self::Tool),
            leaf => LEAVES.contains(&leaf).then_some(Self::Leaf),
        }
    }

    /// May a crate that stands here name one that stands there?
    fn may_name(self, there: Self, section: Section) -> bool {
        match there {
            // A tool that runs servers is itself never published.
            Self::Testkit => self == Self::Tool || (section == Section::Dev && self != Self::Testkit),
            Self::Core => matches!(self, Self::Leaf | Self::Facade | Self::Example | Self::Testkit),
            Self::Leaf => matches!(self, Self::Facade | Self::Example),
            Self::Facade => self == Self::Example,
            Self::Example | Self::Tool => false,
        }
    }

    fn is_published(self) -> bool {
        matches!(self, Self::Core | Self::Leaf | Self::Facade)
    }
}

/// What is wrong with a crate, one line each.
pub(super) fn check(member: &Member) -> Vec<String> {
    let name = &member.name;
    let Some(place) = Place::of(name) else {
        return vec![format!("{name} has no place: give it one in the rules")];
    };
    let mut found: Vec<_> = member.edges.iter().filter_map(|edge| wrong_edge(name, place, edge)).collect();
    if !member.workspace_lints {
        found.push(format!("{name} doesn't take the workspace's lints"));
    }
    for dependency in &member.own_versions {
        found.push(format!("{name} gives {dependency} a version of its own"));
    }
    let wanted: &[&str] = if place.is_published() { &[REGISTRY] } else { &[] };
    if member.publish.as_ref().is_none_or(|registries| registries != wanted) {
        found.push(format!("{name} may be published to {:?} instead of {wanted:?}", member.publish));
    }
    found
}

fn wrong_edge(name: &str, place: Place, edge: &Edge) -> Option<String> {
    let Edge { to, section, optional, path_only } = edge;
    if let Some(there) = Place::of(to) {
        if !place.may_name(there, *section) {
            return Some(format!("{name} -> {to} ({section:?}) is an arrow against the direction"));
        }
        if there == Place::Testkit && !path_only {
            return Some(format!("{name} -> {to} names a version: it must be named by path alone"));
        }
    } else if to.starts_with(FACADE) {
        return Some(format!("{name} -> {to} leads to a crate without a place"));
    }
    if to == "prometheus-client" && name != "campotech-metrics" {
        return Some(format!("{name} -> {to}: only campotech-metrics names it"));
    }
    let framework = FRAMEWORKS.contains(&to.as_str()) && *section != Section::Dev;
    if framework && matches!(place, Place::Core | Place::Leaf) && !optional {
        return Some(format!("{name} -> {to} must be an optional feature"));
    }
    None
}
