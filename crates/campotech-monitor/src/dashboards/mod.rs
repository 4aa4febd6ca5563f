//! Grafana dashboards: generated from `grafana/sources`, checked, and read back for a live run.
//!
//! Every path that is asked for is `infrastructure/monitoring` (or a folder laid out like it).

mod check;
mod error;
mod expand;
mod generate;
mod layout;
mod lint;
mod load;
mod panel;
mod promql;
mod source;
mod threshold;
mod units;

pub use check::{Finding, check, write};
pub use error::DashboardError;
pub use expand::{Variables, expand};
pub use generate::{generate, panel_id};
pub use lint::{Context, RULES, lint};
pub use load::{Dashboard, Target, load};
pub use promql::metrics_named;
pub use source::{AlertUse, Kind, Panel, Query, Row, Source};
pub use threshold::{Direction, Threshold, threshold};
