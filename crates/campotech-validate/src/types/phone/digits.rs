//! A few digits without an allocation.

use std::ops::Deref;

/// Decimal digits as ASCII; those beyond [`Digits::MOST`] are dropped, since no number of ours has as many, whatever
/// stands before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Digits {
    ascii: [u8; Self::MOST],
    len: u8,
}

impl Digits {
    /// `0054`, `0`, four of an area, `15` and what is left of ten make seventeen.
    const MOST: usize = 20;

    pub(super) fn of(digits: &[u8]) -> Self {
        let mut all = Self::default();
        all.extend(digits);
        all
    }

    pub(super) fn push(&mut self, ascii: u8) {
        if let Some(free) = self.ascii.get_mut(usize::from(self.len)) {
            *free = ascii;
            self.len += 1;
        }
    }

    pub(super) fn extend(&mut self, digits: &[u8]) {
        let free = &mut self.ascii[usize::from(self.len)..];
        let fitting = digits.len().min(free.len());
        free[..fitting].copy_from_slice(&digits[..fitting]);
        self.len += u8::try_from(fitting).unwrap_or_default();
    }
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.ascii[..usize::from(self.len)]
    }
}
