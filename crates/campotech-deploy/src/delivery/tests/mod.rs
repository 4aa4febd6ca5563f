//! Deliveries through a cloud of the tests' own, with every fault at every moment.

mod faults;
mod restore;
mod world;
