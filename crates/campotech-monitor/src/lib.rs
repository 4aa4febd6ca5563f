//! Watching the platform, executed: the rules, dashboards and runbooks of `infrastructure/monitoring` and `docs/runbooks`.

pub mod files;
pub mod promql;
pub mod rules;
