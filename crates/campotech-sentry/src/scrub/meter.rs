//! What looking through one text may cost: texts within texts could otherwise multiply the work, and the stack, by each level.

use std::cell::Cell;

/// How often a text may stand within a text; what is deeper is filtered whole.
const DEEPEST: u32 = 4;

/// Bytes that are looked at for each byte of the outermost text, and at least.
const TIMES: usize = 64;
const LEAST: usize = 64 * 1024;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// Within a text, until it is dropped.
pub(super) struct Within;

/// Goes into a text; none where that is too deep, or where the outermost one has cost too much already.
pub(super) fn enter(text: &str) -> Option<Within> {
    let depth = DEPTH.get();
    if depth == 0 {
        LEFT.set(text.len().saturating_mul(TIMES).saturating_add(LEAST));
    }
    if depth >= DEEPEST || LEFT.get() == 0 {
        return None;
    }
    DEPTH.set(depth + 1);
    Some(Within)
}

/// Pays for looking at `text` once; false where nothing is left for it.
pub(super) fn pay(text: &str) -> bool {
    // A look at an empty text costs, too.
    let left = LEFT.get().saturating_sub(text.len() + 16);
    LEFT.set(left);
    left > 0
}

impl Drop for Within {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_ends_and_begins_anew() {
        let outer: Vec<_> = (0..DEEPEST).map(|_| enter("text").unwrap()).collect();
        assert!(enter("text").is_none());
        drop(outer);
        assert!(enter("text").is_some());
    }

    #[test]
    fn what_is_left_is_the_outermost_texts() {
        let _outer = enter("").unwrap();
        while pay(&"x".repeat(1_000)) {}
        assert!(enter("inner").is_none());
        assert!(!pay(""));
    }
}
