//! Fields that are left out.

use super::super::json::Step;
use crate::ConfigError;
use crate::path_pattern::PathPattern;

/// Fields of routes.
#[derive(Debug, Clone)]
pub(super) struct Exemption {
    /// None is every route.
    pub(super) routes: Option<PathPattern>,
    pub(super) field: FieldPattern,
}

/// A field, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldPattern {
    /// Every field with this name, however deep.
    Name(Box<str>),
    /// `#/a/*/b`: `*` is any one name or index.
    Pointer(Box<[Box<str>]>),
}

impl FieldPattern {
    pub(super) fn parse(field: &str) -> Result<Self, ConfigError> {
        let refused = || ConfigError::FieldPattern(field.to_owned());
        let plain = |name: &str| !name.is_empty() && !name.contains(['/', '#', '~']);
        match field.strip_prefix("#/") {
            Some(steps) if steps.split('/').all(plain) => {
                Ok(Self::Pointer(steps.split('/').map(Into::into).collect()))
            }
            None if plain(field) => Ok(Self::Name(field.into())),
            _ => Err(refused()),
        }
    }

    /// Whether the field at the end of these steps is one.
    pub(super) fn fits<'a>(&self, mut steps: impl Iterator<Item = Step<'a>>) -> bool {
        match self {
            Self::Name(name) => {
                let named = |step| match step {
                    Step::Name(name) => Some(name),
                    Step::Index(_) => None,
                };
                steps.filter_map(named).last() == Some(name.as_bytes())
            }
            Self::Pointer(wanted) => {
                let fits = |wanted: &str, step: Step<'_>| match step {
                    _ if wanted == "*" => true,
                    Step::Name(name) => name == wanted.as_bytes(),
                    Step::Index(index) => wanted.parse() == Ok(index),
                };
                wanted.iter().all(|wanted| steps.next().is_some_and(|step| fits(wanted, step)))
                    && steps.next().is_none()
            }
        }
    }
}
