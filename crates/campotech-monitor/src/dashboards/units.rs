//! Grafana's unit ids that the dashboards use.

/// From `packages/grafana-data/src/valueFormats/categories.ts` of Grafana; a new one is added here after a look there.
pub(crate) const UNITS: &[&str] = &[
    "none",
    "short",
    "string",
    "percentunit",
    "bytes",
    "Bps",
    "s",
    "dtdurations",
    "reqps",
    "ops",
    "rps",
    "wps",
    "iops",
    "pps",
];

/// Whether Grafana knows it and we use it.
pub(crate) fn is_known(unit: &str) -> bool {
    UNITS.contains(&unit)
}
