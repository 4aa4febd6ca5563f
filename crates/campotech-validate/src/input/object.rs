//! An object whose members are taken one by one; what is left over is unknown.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use http::HeaderMap;

use super::{Fields, Input};
use crate::json::Node;
use crate::query::Pairs;
use crate::report::{Code, Place, Violation, codes};
use crate::schema::{Definitions, Members, Schema};

/// How many parameters are looked at.
const PARAMETERS: usize = 128;

/// The members of an object, or the parameters of a query or a path, while they are read.
pub struct Object<'n, 'p> {
    members: Vec<Option<(Cow<'n, str>, Member<'n>)>>,
    place: &'p Place<'p>,
    names: Names,
}

/// How members are known, and what those mean that nobody takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// By their names as they stand; others are faults.
    Exact,
    /// As headers are: in any case, and others are none of our business.
    Headers,
}

enum Member<'n> {
    Node(Node<'n>),
    /// It was sent, and can't be read for this reason.
    Broken(&'static Code),
    /// It is a list of more items than its rules allow, which therefore aren't read.
    Over(usize),
    /// It is a list of fewer items than its rules demand, which is told here where one of them can't be read; otherwise
    /// the rules say so.
    Under(Node<'n>, usize),
}

/// A struct whose members stand beside those of the struct that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flat<T>(pub T);

impl<'n, 'p> Object<'n, 'p> {
    fn of_members(members: Vec<(Cow<'n, str>, Node<'n>)>, place: &'p Place<'p>) -> Self {
        let members = members.into_iter().map(|(name, node)| Some((name, Member::Node(node)))).collect();
        Self { members, place, names: Names::Exact }
    }

    /// The fields of a form, no name twice.
    pub(crate) fn of_fields(fields: Vec<(Cow<'n, str>, Node<'n>)>, place: &'p Place<'p>) -> Self {
        let mut object = Self::of_members(fields, place);
        for (_, member) in object.members.iter_mut().flatten() {
            if matches!(member, Member::Node(Node::Parameter(text)) if text.contains('\0')) {
                *member = Member::Broken(&codes::TEXT_CONTROL);
            }
        }
        object
    }

    /// The headers of a request: visible ASCII, each of those that are taken once.
    pub(crate) fn of_headers(headers: &'n HeaderMap, place: &'p Place<'p>) -> Self {
        let mut members: Vec<Option<(Cow<'n, str>, Member<'n>)>> = Vec::with_capacity(headers.keys_len());
        for name in headers.keys() {
            let mut values = headers.get_all(name).iter();
            let value = values.next().and_then(|value| value.to_str().ok());
            let member = match (value, values.next()) {
                (_, Some(_)) => Member::Broken(&codes::DUPLICATE),
                (None, _) => Member::Broken(&codes::ENCODING),
                (Some(value), None) => Member::Node(Node::Parameter(Cow::Borrowed(value))),
            };
            members.push(Some((Cow::Borrowed(name.as_str()), member)));
        }
        Self { members, place, names: Names::Headers }
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
        Self { members, place, names: Names::Exact }
    }

    /// Where the object stands.
    #[must_use]
    pub const fn place(&self) -> &'p Place<'p> {
        self.place
    }

    /// Whether the member was sent and nobody took it yet.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().flatten().any(|(known, _)| self.names.same(known, name))
    }

    /// Which of its names a member was sent under. Under two of them it stands twice.
    pub fn sent(&mut self, name: &'static str, aliases: &[&'static str]) -> &'static str {
        let all = || std::iter::once(name).chain(aliases.iter().copied());
        let sent = all().find(|name| self.has(name)).unwrap_or(name);
        for name in all().filter(|name| *name != sent) {
            if let Some(member) = self.find(name) {
                *member = None;
                self.place.member(name).report_repeated();
            }
        }
        sent
    }

    fn find(&mut self, name: &str) -> Option<&mut Option<(Cow<'n, str>, Member<'n>)>> {
        let names = self.names;
        let known = |member: &&mut Option<(Cow<'n, str>, Member<'n>)>| {
            member.as_ref().is_some_and(|(known, _)| names.same(known, name))
        };
        self.members.iter_mut().find(known)
    }

    /// Takes and reads the member `name`.
    pub fn take<T: Input>(&mut self, name: &'static str) -> Option<T> {
        let place = self.place.member(name);
        match self.find(name).and_then(Option::take) {
            Some((_, Member::Node(node))) => T::read(node, &place),
            Some((_, Member::Broken(code))) => {
                place.report(code);
                None
            }
            Some((_, Member::Over(max))) => {
                place.report(Violation::new(&codes::LENGTH_MAX).with("max", max));
                None
            }
            Some((_, Member::Under(node, min))) => {
                let read = T::read(node, &place);
                if read.is_none() {
                    place.report(Violation::new(&codes::LENGTH_MIN).with("min", min));
                }
                read
            }
            None => T::absent(&place),
        }
    }

    /// Counts the items of a list `T` before they are read: of more than `max` none is.
    #[doc(hidden)]
    pub fn bound_items<T: Input>(&mut self, name: &str, min: Option<usize>, max: Option<usize>) {
        if T::LIST
            && let Some(Some((_, member))) = self.find(name)
            && let Member::Node(Node::Array(items)) = member
        {
            if let Some(max) = max.filter(|max| items.len() > *max) {
                *member = Member::Over(max);
            } else if let Some(min) = min.filter(|min| items.len() < *min) {
                *member = Member::Under(Node::Array(std::mem::take(items)), min);
            }
        }
    }

    /// Makes an `Option` of a `T` that is absent or `null` a fault.
    #[doc(hidden)]
    pub fn require<T: Input>(&mut self, name: &'static str, required: bool) {
        if !required || T::OPTIONS == 0 {
            return;
        }
        match self.find(name).and_then(Option::as_mut) {
            Some((_, member @ Member::Node(Node::Null))) => *member = Member::Broken(&codes::REQUIRED),
            Some(_) => {}
            None => self.members.push(Some((Cow::Borrowed(name), Member::Broken(&codes::REQUIRED)))),
        }
    }

    /// Takes all members that `T` knows, and reports those that are left as unknown.
    pub(crate) fn read<T: Fields>(mut self) -> Option<T> {
        let value = T::read_fields(&mut self);
        if self.names == Names::Headers {
            return value;
        }
        for (name, _) in self.members.into_iter().flatten() {
            self.place.report_unknown(&name);
        }
        value
    }
}

impl Names {
    fn same(self, sent: &str, name: &str) -> bool {
        match self {
            Self::Exact => sent == name,
            Self::Headers => sent.eq_ignore_ascii_case(name),
        }
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

/// The schema of a struct that is called `name`.
pub fn schema_of<T: Fields>(definitions: &mut Definitions, name: &str, docs: &[&str]) -> Schema {
    definitions.define::<T>(name, |definitions| {
        let mut members = Members::default();
        T::describe(definitions, &mut members);
        members.into_schema(docs)
    })
}

impl<T: Fields> Input for Flat<T> {
    const BESIDE: bool = true;

    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        read(node, place).map(Self)
    }

    fn take(object: &mut Object<'_, '_>, _: &'static str) -> Option<Self> {
        T::read_fields(object).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        let name = type_name::<T>().rsplit("::").next().unwrap_or_default();
        schema_of::<T>(definitions, name, &[])
    }

    fn describe_beside(definitions: &mut Definitions, members: &mut Members) {
        T::describe(definitions, members);
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
