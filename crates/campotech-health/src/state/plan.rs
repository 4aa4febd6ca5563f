//! What was built and never changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::settings::Settings;
use crate::check::{Component, is_name};
use crate::error::ConfigError;

/// What was built and never changes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) service: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) components: Vec<Component>,
    /// What a result may be old, for components without a limit of their own.
    pub(crate) max_age: Duration,
    /// Those of the components, in their order.
    pub(crate) settings: Vec<Settings>,
    pub(crate) groups: Vec<Group>,
    /// Whether there are components that ask other services.
    pub(crate) has_peers: bool,
    pub(crate) born: Instant,
}

/// Components that have a route together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    /// Places among the components, in their order.
    pub(crate) members: Vec<usize>,
}

impl Plan {
    pub(crate) fn group(&self, name: &str) -> Option<(usize, &Group)> {
        self.groups.iter().enumerate().find(|(_, group)| &*group.name == name)
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.components.iter().position(|component| &*component.name == name)
    }
}

/// The groups that were named, then one for each tag.
pub(crate) fn groups(
    components: &[Component],
    named: Vec<(Arc<str>, Vec<String>)>,
) -> Result<Vec<Group>, ConfigError> {
    let mut groups: Vec<Group> = Vec::new();
    for (name, wanted) in named {
        check_name(&name, &groups)?;
        let place = |member: &String| components.iter().position(|component| *component.name == **member);
        let members: Option<Vec<usize>> = wanted.iter().map(place).collect();
        let mut members = members.unwrap_or_default();
        members.sort_unstable();
        members.dedup();
        if members.is_empty() {
            return Err(ConfigError::InvalidMembers { name: (*name).to_owned() });
        }
        groups.push(Group { name, members });
    }
    let explicit = groups.len();
    for (index, component) in components.iter().enumerate() {
        for tag in &component.tags {
            let (named, tagged) = groups.split_at_mut(explicit);
            match tagged.iter_mut().find(|group| group.name == *tag) {
                Some(group) if group.members.last() == Some(&index) => {}
                Some(group) => group.members.push(index),
                None => {
                    check_name(tag, named)?;
                    groups.push(Group { name: Arc::clone(tag), members: vec![index] });
                }
            }
        }
    }
    Ok(groups)
}

fn check_name(name: &Arc<str>, taken: &[Group]) -> Result<(), ConfigError> {
    if !is_name(name) {
        return Err(ConfigError::InvalidGroup);
    }
    if taken.iter().any(|group| group.name == *name) {
        return Err(ConfigError::DuplicateGroup { name: (**name).to_owned() });
    }
    Ok(())
}
