//! The stores as their users see them.
#![allow(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod crash;
mod opening;
mod paging;
mod queue;
mod records;
mod support;
mod worker;
