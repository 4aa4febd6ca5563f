//! Where reading has got to, and the report that faults go into.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;

use campotech_core::FaultLocation;

use super::{Issue, Rejection, Violation, codes};
use crate::valid::Valid;

/// How many faults a report lists; of more it says only that there are more.
pub(crate) const LISTED: usize = 64;

/// A place in the input, known by the names that the client uses. Faults are reported at it.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
    report: &'p Report,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Body,
    Query,
    Path,
    Header,
}

#[derive(Debug)]
pub(crate) struct Report {
    source: Source,
    issues: RefCell<Vec<Issue>>,
    /// A member that stands twice under two names: then it isn't known what else was meant.
    repeated: OnceCell<Issue>,
    found: Cell<usize>,
}

impl Report {
    pub(crate) const fn new(source: Source) -> Self {
        Self { source, issues: RefCell::new(Vec::new()), repeated: OnceCell::new(), found: Cell::new(0) }
    }

    /// The value, if nothing was found to be wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<Valid<T>, Rejection> {
        if let Some(issue) = self.repeated.into_inner() {
            return Err(Rejection::malformed_at(issue));
        }
        match value {
            Some(value) if self.found.get() == 0 => Ok(Valid::new(value)),
            _ => {
                let truncated = self.found.get() > LISTED;
                Err(Rejection::of_input(self.source, self.issues.into_inner(), truncated))
            }
        }
    }
}

impl<'p> Place<'p> {
    pub(crate) const fn root(report: &'p Report) -> Self {
        Self { parent: None, step: Step::Root, report }
    }

    /// The member `name` of this place: a wire name.
    #[must_use]
    pub const fn member(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Name(name), report: self.report }
    }

    /// The item `index` of this place.
    #[must_use]
    pub const fn item(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index), report: self.report }
    }

    /// Reports a fault here.
    pub fn report(&self, violation: impl Into<Violation>) {
        self.report.found.set(self.report.found.get() + 1);
        let mut issues = self.report.issues.borrow_mut();
        if issues.len() < LISTED {
            issues.push(Issue::new(self.location(), violation.into()));
        }
    }

    /// Reports a member that stands twice: in a body that is a fault of its form, told alone.
    pub(crate) fn report_repeated(&self) {
        if self.report.source == Source::Body {
            self.report.found.set(self.report.found.get() + 1);
            let issue = || Issue::new(self.location(), (&codes::DUPLICATE).into());
            self.report.repeated.get_or_init(issue);
        } else {
            self.report(&codes::DUPLICATE);
        }
    }

    /// Reports a member that nobody asked for.
    ///
    /// Its name is the client's: it is told back only where it can't be anything but a name (letters, `_`, `-`, up to
    /// three digits, 32 characters at most), otherwise the fault stands at the object.
    pub fn report_unknown(&self, name: &str) {
        if looks_like_a_name(name) {
            self.member(name).report(&codes::UNKNOWN);
        } else {
            self.report(&codes::UNKNOWN);
        }
    }

    /// How many faults were reported so far, anywhere.
    #[must_use]
    pub fn found(&self) -> usize {
        self.report.found.get()
    }

    /// Whether there are more faults than are listed: then it isn't known any more which fields are right, and nothing
    /// that is found is told.
    pub(crate) fn is_over(&self) -> bool {
        self.found() > LISTED
    }

    /// Whether a fault at or below this place is among the first `among`.
    pub(crate) fn is_faulty(&self, among: usize) -> bool {
        let here = self.location();
        self.report.issues.borrow().iter().take(among).any(|issue| match (&here, issue.location()) {
            (FaultLocation::Pointer(here), FaultLocation::Pointer(there)) => {
                there.strip_prefix(here.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            (here, there) => here == there,
        })
    }

    fn location(&self) -> FaultLocation {
        let name = || Cow::Owned(self.first_name().unwrap_or("*").to_owned());
        match self.report.source {
            Source::Body => FaultLocation::Pointer(self.pointer()),
            Source::Query => FaultLocation::Query(name()),
            Source::Path => FaultLocation::Path(name()),
            Source::Header => FaultLocation::Header(name()),
        }
    }

    fn first_name(&self) -> Option<&str> {
        let above = self.parent.and_then(Place::first_name);
        above.or(match self.step {
            Step::Name(name) => Some(name),
            _ => None,
        })
    }

    fn pointer(&self) -> String {
        let mut pointer = self.parent.map_or_else(|| "#".to_owned(), Place::pointer);
        match self.step {
            Step::Root => {}
            Step::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Step::Name(name) => {
                pointer.push('/');
                name.bytes().for_each(|byte| push_escaped(&mut pointer, byte));
            }
        }
        pointer
    }
}

/// RFC 6901, sections 3 and 6: `~` and `/` by `~0` and `~1`, then what a URI fragment can't hold percent-encoded.
fn push_escaped(pointer: &mut String, byte: u8) {
    match byte {
        b'~' => pointer.push_str("~0"),
        b'/' => pointer.push_str("~1"),
        b'a'..=b'z'
        | b'A'..=b'Z'
        | b'0'..=b'9'
        | b'-'
        | b'.'
        | b'_'
        | b'!'
        | b'$'
        | b'&'..=b';'
        | b'='
        | b'@' => {
            pointer.push(char::from(byte));
        }
        _ => {
            use fmt::Write as _;
            let _ = write!(pointer, "%{byte:02X}");
        }
    }
}

fn looks_like_a_name(name: &str) -> bool {
    campotech_core::tellable_name(name)
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.pointer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_escaped_as_the_rfc_says() {
        let report = Report::new(Source::Body);
        let root = Place::root(&report);
        let a = root.member("a/b~c");
        let b = a.item(7);
        let c = b.member("ñ %");
        assert_eq!(root.pointer(), "#");
        assert_eq!(c.pointer(), "#/a~1b~0c/7/%C3%B1%20%25");
    }

    #[test]
    fn only_what_can_be_nothing_but_a_name_is_told_back() {
        for name in ["colour", "__proto__", "line-2", "sha256"] {
            assert!(looks_like_a_name(name), "{name}");
        }
        for other in ["", "a b", "<script>", "a@b", "5493435551212", "a.b", &"x".repeat(33)] {
            assert!(!looks_like_a_name(other), "{other}");
        }
    }

    #[test]
    fn other_unknown_names_are_told_as_their_object() {
        let report = Report::new(Source::Body);
        let root = Place::root(&report);
        let items = root.member("items");
        let item = items.item(2);
        item.report_unknown("ana@example.com");
        item.report_unknown("5493435551212");
        item.report_unknown("colour");
        let rejection = report.finish::<()>(None).unwrap_err();
        let told: Vec<_> = rejection.issues().iter().map(|issue| format!("{:?}", issue.location())).collect();
        let pointers = ["#/items/2", "#/items/2", "#/items/2/colour"];
        assert_eq!(told, pointers.map(|pointer| format!("Pointer({pointer:?})")));
    }

    #[test]
    fn the_list_is_capped() {
        let report = Report::new(Source::Body);
        let root = Place::root(&report);
        (0..100).for_each(|index| root.item(index).report(&codes::TYPE));
        let rejection = report.finish::<()>(None).unwrap_err();
        assert_eq!(rejection.issues().len(), LISTED);
        assert!(rejection.truncated());
    }
}
