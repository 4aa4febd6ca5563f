//! The OWASP API Security Top 10 of 2023, as somebody with a valid account tries it. What other tests show is not shown
//! again: the report has all of it, see docs/security/attack-report.md.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod operation;
#[path = "../support/mod.rs"]
mod support;
mod world;

mod api10_consumption;
mod api1_objects;
mod api2_authentication;
mod api3_properties;
mod api4_consumption;
mod api5_functions;
mod api6_flows;
mod api7_ssrf;
mod api8_configuration;
mod api9_inventory;
