//! A check's own connection to a server: kept between runs, opened anew now and then, dropped on any trouble.

mod failure;
mod keeper;
mod slow;

pub(crate) use failure::Failure;
pub(crate) use keeper::{Keeper, Link};
pub(crate) use slow::slow;
