//! An object whose members are taken one by one; what is left over is unknown.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use super::{Fields, Input};
use crate::json::Node;
use crate::query::Pairs;
use crate::report::{Code, Place, Violation, codes};

/// How many parameters are looked at.
const PARAMETERS: usize = 128;

/// The members of an object, or the parameters of a query or a path, while they are read.
pub struct Object<'n, 'p> {
    members: Vec<Option<(Cow<'n, str>, Member<'n>)>>,
    place: &'p Place<'p>,
}

enum Member<'n> {
    Node(Node<'n>),
    /// It was sent, and can't be read for this reason.
    Broken(&'static Code),
}

/// A struct whose members stand beside those of the struct that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flat<T>(pub T);

impl<'n, 'p> Object<'n, 'p> {
    fn of_members(members: Vec<(Cow<'n, str>, Node<'n>)>, place: &'p Place<'p>) -> Self {
        let members = members.into_iter().map(|(name, node)| Some((name, Member::Node(node)))).collect();
        Self { members, place }
    }

    pub(crate) fn of_parameters(pairs: Pairs<'n>, place: &'p Place<'p>) -> Self {
        if pairs.len() > PARAMETERS {
            place.report(Violation::new(&codes::LENGTH_MAX).with("max", PARAMETERS));
        }
        let mut members: Vec<Option<(Cow<'n, str>, Member<'n>)>> = Vec::new();
        for (name, value) in pairs.into_iter().take(PARAMETERS) {
            if let Some((_, member)) = members.iter_mut().flatten().find(|(known, _)| *known == name) {
                *member = Member::Broken(&codes::DUPLICATE);
                continue;
            }
            let member = match value {
                None => Member::Broken(&codes::ENCODING),
                Some(value) if value.contains('\0') => Member::Broken(&codes::TEXT_CONTROL),
                Some(value) => Member::Node(Node::Parameter(value)),
            };
            members.push(Some((name, member)));
        }
        Self { members, place }
    }

    /// Where the object stands.
    #[must_use]
    pub const fn place(&self) -> &'p Place<'p> {
        self.place
    }

    /// Whether the member was sent and nobody took it yet.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().flatten().any(|(known, _)| known == name)
    }

    /// Takes and reads the member `name`.
    pub fn take<T: Input>(&mut self, name: &'static str) -> Option<T> {
        let place = self.place.member(name);
        let member = self.members.iter_mut().find(|member| member.as_ref().is_some_and(|(n, _)| n == name));
        match member.and_then(Option::take) {
            Some((_, Member::Node(node))) => T::read(node, &place),
            Some((_, Member::Broken(code))) => {
                place.report(code);
                None
            }
            None => T::absent(&place),
        }
    }

    /// Takes all members that `T` knows, and reports those that are left as unknown.
    pub(crate) fn read<T: Fields>(mut self) -> Option<T> {
        let value = T::read_fields(&mut self);
        for (name, _) in self.members.into_iter().flatten() {
            self.place.report_unknown(&name);
        }
        value
    }
}

/// Reads a struct from an object.
pub fn read<T: Fields>(node: Node<'_>, place: &Place<'_>) -> Option<T> {
    if let Node::Object(members) = node {
        return Object::of_members(members, place).read();
    }
    place.report(Violation::new(&codes::TYPE).with("expected", "object"));
    None
}

impl<T: Fields> Input for Flat<T> {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        read(node, place).map(Self)
    }

    fn take(object: &mut Object<'_, '_>, _: &'static str) -> Option<Self> {
        T::read_fields(object).map(Self)
    }
}

impl<T> Deref for Flat<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl fmt::Debug for Object<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", self.members.len())
    }
}
