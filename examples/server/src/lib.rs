//! The field-service API of CampoTech: jobs, customers, WhatsApp messages, on the platform crates.
//!
//! Read it from `serve.rs`: that is what a service team writes.

pub mod app;
pub mod auth;
pub mod backends;
pub mod cli;
pub mod config;
pub mod cursors;
pub mod demo;
pub mod domain;
pub mod events;
pub mod http;
pub mod openapi;
pub mod probe;
pub mod queue;
pub mod redis;
pub mod report;
pub mod secrets;
pub mod serve;
pub mod store;
mod telemetry;
pub mod term;
pub mod tls;
pub mod upkeep;
pub mod version;
pub mod whatsapp;
