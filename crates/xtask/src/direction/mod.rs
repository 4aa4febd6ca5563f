//! Which crate may name which, and what every manifest keeps to: the workspace's rules as tests.

mod member;
mod rules;
mod tests;

use member::{Edge, Member, Section};
