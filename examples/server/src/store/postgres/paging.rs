//! From rows to a page.

use crate::store::{Page, PageKey};

/// One row more than a page has tells whether there is a next one.
pub(super) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

pub(super) fn page<T>(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> PageKey) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().map(key).filter(|_| more);
    Page { items, next }
}
