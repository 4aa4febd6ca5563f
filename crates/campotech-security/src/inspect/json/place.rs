//! Where the pass stands: names and indices from the outermost value to this one.

use std::fmt::Write;

use campotech_core::tellable_name;

use super::keys::Keys;
use super::scan::Open;

/// A value's place while it is read.
#[derive(Debug, Clone, Copy)]
pub(in crate::inspect) struct Place<'a> {
    pub(super) open: &'a [Open],
    pub(super) keys: &'a Keys<'a>,
}

/// A step towards a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inspect) enum Step<'a> {
    Name(&'a [u8]),
    Index(usize),
}

/// Of what stands deeper the pointer names the ancestor at this level.
const DEEPEST: usize = 8;

impl<'a> Place<'a> {
    /// The steps, outermost first.
    pub(in crate::inspect) fn steps(self) -> impl Iterator<Item = Step<'a>> {
        self.open.iter().enumerate().filter_map(move |(level, open)| match open {
            Open::Array(count) => Some(Step::Index(count.saturating_sub(1))),
            Open::Object(mark) => {
                let inner = self.open[level + 1..].iter().find_map(|open| match open {
                    Open::Object(mark) => Some(mark.keys),
                    Open::Array(_) => None,
                });
                let last =
                    inner.unwrap_or(self.keys.len()).checked_sub(1).filter(|last| *last >= mark.keys)?;
                self.keys.name(last).map(Step::Name)
            }
        })
    }

    /// The pointer (RFC 6901, as a fragment); it ends before a name that is not [tellable](tellable_name).
    pub(in crate::inspect) fn pointer(self) -> String {
        let mut pointer = "#".to_owned();
        for step in self.steps().take(DEEPEST) {
            match step {
                Step::Index(index) => drop(write!(pointer, "/{index}")),
                Step::Name(name) => match std::str::from_utf8(name).ok().filter(|name| tellable_name(name)) {
                    Some(name) => drop(write!(pointer, "/{name}")),
                    None => break,
                },
            }
        }
        pointer
    }
}
