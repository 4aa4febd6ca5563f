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
    members: Vec<(Cow<'n, str>, Node<'n>)>,
    /// Which of them were taken.
    taken: Taken,
    /// Those that can't be read as they stand.
    marks: Vec<(usize, Mark)>,
    /// The one behind that taken last: most clients send members in the order in which they are taken.
    next: usize,
    place: &'p Place<'p>,
    names: Names,
}

/// A set of small numbers.
#[derive(Default)]
struct Taken {
    first: u64,
    more: Vec<u64>,
}

/// How members are known, and what those mean that nobody takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// By their names as they stand; others are faults.
    Exact,
    /// As headers are: in any case, and others are none of our business.
    Headers,
}

/// What keeps a member from being read.
#[derive(Clone, Copy)]
enum Mark {
    /// It was sent, and can't be read for this reason.
    Broken(&'static Code),
    /// It is a list of more items than its rules allow, which therefore aren't read.
    Over(usize),
    /// It is a list of fewer items than its rules demand, which is told here where one of them can't be read; otherwise
    /// the rules say so.
    Under(usize),
}

/// A struct whose members stand beside those of the struct that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flat<T>(pub T);

impl<'n, 'p> Object<'n, 'p> {
    const fn of_members(members: Vec<(Cow<'n, str>, Node<'n>)>, place: &'p Place<'p>) -> Self {
        let taken = Taken { first: 0, more: Vec::new() };
        Self { members, taken, marks: Vec::new(), next: 0, place, names: Names::Exact }
    }

    /// The fields of a form, no name twice.
    pub(crate) fn of_fields(fields: Vec<(Cow<'n, str>, Node<'n>)>, place: &'p Place<'p>) -> Self {
        let mut object = Self::of_members(fields, place);
        for (at, (_, node)) in object.members.iter().enumerate() {
            if matches!(node, Node::Parameter(text) if text.contains('\0')) {
                object.marks.push((at, Mark::Broken(&codes::TEXT_CONTROL)));
            }
        }
        object
    }

    /// The headers of a request: visible ASCII, each of those that are taken once.
    pub(crate) fn of_headers(headers: &'n HeaderMap, place: &'p Place<'p>) -> Self {
        let mut object = Self::of_members(Vec::with_capacity(headers.keys_len()), place);
        object.names = Names::Headers;
        for name in headers.keys() {
            let mut values = headers.get_all(name).iter();
            let value = values.next().and_then(|value| value.to_str().ok());
            let value = match (value, values.next()) {
                (_, Some(_)) => Err(&codes::DUPLICATE),
                (None, _) => Err(&codes::ENCODING),
                (Some(value), None) => Ok(Cow::Borrowed(value)),
            };
            object.push(Cow::Borrowed(name.as_str()), value);
        }
        object
    }

    pub(crate) fn of_parameters(pairs: Pairs<'n>, place: &'p Place<'p>) -> Self {
        if pairs.len() > PARAMETERS {
            place.report(Violation::new(&codes::LENGTH_MAX).with("max", PARAMETERS));
        }
        let mut object = Self::of_members(Vec::new(), place);
        for (name, value) in pairs.into_iter().take(PARAMETERS) {
            if let Some(at) = object.members.iter().position(|(known, _)| *known == name) {
                object.mark(at, Mark::Broken(&codes::DUPLICATE));
                continue;
            }
            let value = match value {
                None => Err(&codes::ENCODING),
                Some(value) if value.contains('\0') => Err(&codes::TEXT_CONTROL),
                Some(value) => Ok(value),
            };
            object.push(name, value);
        }
        object
    }

    /// Adds a member that is a parameter, or broken.
    fn push(&mut self, name: Cow<'n, str>, value: Result<Cow<'n, str>, &'static Code>) {
        let node = value.map_or_else(
            |code| {
                self.marks.push((self.members.len(), Mark::Broken(code)));
                Node::Null
            },
            Node::Parameter,
        );
        self.members.push((name, node));
    }

    /// Marks the member at `at`, whatever it was marked as before.
    fn mark(&mut self, at: usize, mark: Mark) {
        self.marks.retain(|(marked, _)| *marked != at);
        self.marks.push((at, mark));
    }

    fn marked(&self, at: usize) -> Option<Mark> {
        self.marks.iter().find(|(marked, _)| *marked == at).map(|(_, mark)| *mark)
    }

    /// Where the object stands.
    #[must_use]
    pub const fn place(&self) -> &'p Place<'p> {
        self.place
    }

    /// Whether the member was sent and nobody took it yet.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Which of its names a member was sent under. Under two of them it stands twice.
    pub fn sent(&mut self, name: &'static str, aliases: &[&'static str]) -> &'static str {
        let all = || std::iter::once(name).chain(aliases.iter().copied());
        let sent = all().find(|name| self.has(name)).unwrap_or(name);
        for name in all().filter(|name| *name != sent) {
            if let Some(at) = self.find(name) {
                self.taken.insert(at);
                self.place.member(name).report_repeated();
            }
        }
        sent
    }

    #[inline]
    fn find(&self, name: &str) -> Option<usize> {
        let next = self.members.get(self.next).is_some_and(|(known, _)| known == name);
        if next && !self.taken.has(self.next) { Some(self.next) } else { self.find_elsewhere(name) }
    }

    fn find_elsewhere(&self, name: &str) -> Option<usize> {
        let known = |(at, (known, _)): (usize, &(Cow<'_, str>, Node<'_>))| {
            self.names.same(known, name) && !self.taken.has(at)
        };
        self.members.iter().enumerate().position(known)
    }

    /// Takes and reads the member `name`.
    #[inline]
    pub fn take<T: Input>(&mut self, name: &'static str) -> Option<T> {
        let place = self.place.member(name);
        let Some(at) = self.find(name) else { return T::absent(&place) };
        self.taken.insert(at);
        self.next = at + 1;
        let node = std::mem::replace(&mut self.members[at].1, Node::Null);
        if self.marks.is_empty() { T::read(node, &place) } else { self.read_marked(at, node, &place) }
    }

    /// Reads a member that may be marked.
    fn read_marked<T: Input>(&self, at: usize, node: Node<'_>, place: &Place<'_>) -> Option<T> {
        let read = |node| T::read(node, place);
        let (read, fault) = match self.marked(at) {
            None => return read(node),
            Some(Mark::Broken(code)) => (None, code.into()),
            Some(Mark::Over(max)) => (None, Violation::new(&codes::LENGTH_MAX).with("max", max)),
            Some(Mark::Under(min)) => (read(node), Violation::new(&codes::LENGTH_MIN).with("min", min)),
        };
        if read.is_none() {
            place.report(fault);
        }
        read
    }

    /// Counts the items of a list `T` before they are read: of more than `max` none is.
    #[doc(hidden)]
    #[inline]
    pub fn bound_items<T: Input>(&mut self, name: &str, min: Option<usize>, max: Option<usize>) {
        if T::LIST
            && (min.is_some() || max.is_some())
            && let Some(at) = self.find(name)
            && self.marked(at).is_none()
            && let Node::Array(items) = &self.members[at].1
        {
            if let Some(max) = max.filter(|max| items.len() > *max) {
                self.mark(at, Mark::Over(max));
            } else if let Some(min) = min.filter(|min| items.len() < *min) {
                self.mark(at, Mark::Under(min));
            }
        }
    }

    /// Makes an `Option` of a `T` that is absent or `null` a fault.
    #[doc(hidden)]
    #[inline]
    pub fn require<T: Input>(&mut self, name: &'static str, required: bool) {
        if !required || T::OPTIONS == 0 {
            return;
        }
        match self.find(name) {
            Some(at) if !matches!(self.members[at].1, Node::Null) || self.marked(at).is_some() => {}
            Some(at) => self.mark(at, Mark::Broken(&codes::REQUIRED)),
            None => self.push(Cow::Borrowed(name), Err(&codes::REQUIRED)),
        }
    }

    /// Takes all members that `T` knows, and reports those that are left as unknown.
    pub(crate) fn read<T: Fields>(mut self) -> Option<T> {
        let value = T::read_fields(&mut self);
        if self.names == Names::Headers {
            return value;
        }
        for (at, (name, _)) in self.members.iter().enumerate() {
            if !self.taken.has(at) {
                self.place.report_unknown(name);
            }
        }
        value
    }
}

impl Taken {
    const WORD: usize = u64::BITS as usize;

    #[inline]
    fn has(&self, number: usize) -> bool {
        let word = match number / Self::WORD {
            0 => self.first,
            beyond => self.more.get(beyond - 1).copied().unwrap_or_default(),
        };
        word >> (number % Self::WORD) & 1 == 1
    }

    #[inline]
    fn insert(&mut self, number: usize) {
        let bit = 1 << (number % Self::WORD);
        match number / Self::WORD {
            0 => self.first |= bit,
            beyond => self.insert_beyond(beyond - 1, bit),
        }
    }

    fn insert_beyond(&mut self, word: usize, bit: u64) {
        if self.more.len() <= word {
            self.more.resize(word + 1, 0);
        }
        self.more[word] |= bit;
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
