//! A check's own connection to a server: kept between runs, opened anew now and then, dropped on any trouble.

mod failure;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod keeper;
#[cfg(any(feature = "network", feature = "postgres", feature = "redis"))]
mod slow;

pub(crate) use failure::Failure;
#[cfg(any(feature = "http-check", feature = "network", feature = "postgres"))]
pub(crate) use failure::of_io;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(crate) use keeper::{Keeper, Link};
#[cfg(any(feature = "network", feature = "postgres", feature = "redis"))]
pub(crate) use slow::slow;
