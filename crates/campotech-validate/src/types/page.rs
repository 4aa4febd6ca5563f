//! Pages of a list.

use crate::input::{Fields, Input, Object};
use crate::json::Node;
use crate::report::Place;
use crate::schema::{Definitions, Members, Schema};

use super::Cursor;

/// How many items a page has: 1 to 100, 20 where nothing was said; anything else is refused, never clamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageLimit(u8);

/// The parameters `limit` and `cursor` of a list.
///
/// As a field of another struct they stand beside its other parameters.
///
/// ```
/// use campotech_validate::{Page, validate_query};
///
/// let page = validate_query::<Page>("limit=50")?;
/// assert_eq!((page.limit.get(), page.cursor.is_none()), (50, true));
/// assert_eq!(validate_query::<Page>("limit=101").unwrap_err().issues()[0].code(), "range.max");
/// # Ok::<(), campotech_validate::Rejection>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many items to answer with.
    pub limit: PageLimit,
    /// Where to go on; none for the first page. [`CursorKeys::open`](super::CursorKeys::open) reads it.
    pub cursor: Option<Cursor>,
}

crate::input! {
    struct PageFields {
        /// How many items at most.
        #[garde(range(min = 1, max = 100))]
        limit: i64 = i64::from(PageLimit::DEFAULT),
        /// Where the page before ended: opaque, from its `next` or `Link`.
        cursor: Option<Cursor>,
    }
}

impl PageLimit {
    const DEFAULT: u8 = 20;

    /// The number of items.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

impl Fields for Page {
    fn read_fields(object: &mut Object<'_, '_>) -> Option<Self> {
        let PageFields { limit, cursor } = PageFields::read_fields(object)?;
        // The rule has kept it between 1 and 100.
        Some(Self { limit: PageLimit(u8::try_from(limit).ok()?), cursor })
    }

    fn describe(definitions: &mut Definitions, members: &mut Members) {
        PageFields::describe(definitions, members);
        members.set_default("limit", PageLimit::DEFAULT);
    }
}

impl Input for Page {
    const BESIDE: bool = true;

    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        crate::__private::read_object(node, place)
    }

    fn take(object: &mut Object<'_, '_>, _: &'static str) -> Option<Self> {
        Self::read_fields(object)
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        crate::__private::schema_of::<Self>(definitions, "Page", &[])
    }

    fn describe_beside(definitions: &mut Definitions, members: &mut Members) {
        Self::describe(definitions, members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate_query;

    #[test]
    fn limits_are_taken_or_refused() {
        for (query, limit) in [("", 20), ("limit=1", 1), ("limit=100", 100), ("limit=%35", 5)] {
            assert_eq!(validate_query::<Page>(query).unwrap().limit.get(), limit, "{query}");
        }
        for (query, code) in [
            ("limit=0", "range.min"),
            ("limit=101", "range.max"),
            ("limit=256", "range.max"),
            ("limit=99999999999999999999", "range.max"),
            ("limit=-1", "range.min"),
            ("limit=1e1", "type"),
            ("limit=1.0", "type"),
            ("limit=%2B5", "type"),
            ("limit=+5", "type"),
            ("limit=05", "type"),
            ("limit=", "type"),
            ("limit=NaN", "type"),
            ("limit=5&limit=5", "duplicate"),
            ("limit=5%00", "text.control"),
            ("limit=%zz", "encoding"),
            ("limit[]=5", "unknown"),
            ("offset=5", "unknown"),
            ("cursor=", "cursor.invalid"),
            ("cursor=%3Cscript%3E", "cursor.invalid"),
        ] {
            let rejection = validate_query::<Page>(query).unwrap_err();
            assert_eq!(rejection.status(), 400);
            assert_eq!(rejection.issues().len(), 1, "{query}");
            assert_eq!(rejection.issues()[0].code(), code, "{query}");
        }
    }
}
