//! How long, how much, how often.

use std::time::Duration;

use crate::smoke::Smoke;

/// Settings of a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Shares of the new colour, the last one everything.
    pub(crate) shares: Vec<u8>,
    pub(crate) step_pause: Duration,
    pub(crate) healthy_within: Duration,
    pub(crate) bake: Duration,
    pub(crate) smoke: Smoke,
    pub(crate) smoke_within: Duration,
    pub(crate) restore_within: Duration,
    pub(crate) poll: Duration,
    /// Tasks of a colour that has all requests.
    pub(crate) count: u32,
    /// Tasks that the colour without requests keeps.
    pub(crate) keep: u32,
}
