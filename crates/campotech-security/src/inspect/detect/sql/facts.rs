//! What was seen of SQL in a value.

/// What was seen before the grammar ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Facts(u32);

impl Facts {
    pub(super) const NONE: Self = Self(0);
    /// `UNION SELECT` and what it selects.
    pub(super) const UNION: Self = Self(1);
    /// A `SELECT` in brackets or after an operator.
    pub(super) const SUBSELECT: Self = Self(1 << 1);
    /// A whole statement after `;`.
    pub(super) const STACKED: Self = Self(1 << 2);
    /// A whole statement at the beginning.
    pub(super) const STATEMENT: Self = Self(1 << 3);
    /// A function for reading, waiting or telling by errors.
    pub(super) const PROBE: Self = Self(1 << 4);
    /// Any function.
    pub(super) const CALL: Self = Self(1 << 5);
    /// `AND` or `OR` and a comparison of what is known without a row.
    pub(super) const LITERAL_TEST: Self = Self(1 << 6);
    /// `AND` or `OR` and any comparison.
    pub(super) const TEST: Self = Self(1 << 7);
    /// `AND` or `OR` and a value.
    pub(super) const LOGIC: Self = Self(1 << 8);
    /// A comparison.
    pub(super) const COMPARISON: Self = Self(1 << 9);
    /// An operator between values.
    pub(super) const OPERATOR: Self = Self(1 << 10);
    /// `ORDER BY` or `GROUP BY` a position.
    pub(super) const ORDER: Self = Self(1 << 11);
    /// `ORDER BY` or `GROUP BY` a name.
    pub(super) const ORDER_NAME: Self = Self(1 << 12);
    /// `WHERE` or `HAVING`.
    pub(super) const WHERE: Self = Self(1 << 13);
    /// `INTO OUTFILE`, `PROCEDURE x(`, `WAITFOR DELAY '`.
    pub(super) const CLAUSE: Self = Self(1 << 14);
    /// `SELECT` ... `FROM`
    pub(super) const FROM: Self = Self(1 << 15);
    /// A name that databases describe themselves under.
    pub(super) const CATALOG: Self = Self(1 << 16);
    /// The rest is hidden, and it is empty.
    pub(super) const COMMENT: Self = Self(1 << 17);
    /// The rest is hidden, and it is text.
    pub(super) const COMMENT_TEXT: Self = Self(1 << 18);
    /// Closes a bracket that it did not open.
    pub(super) const CLOSES: Self = Self(1 << 19);
    /// The grammar held until the end.
    pub(super) const COMPLETE: Self = Self(1 << 20);
    /// Comments between the tokens.
    pub(super) const INLINE_COMMENT: Self = Self(1 << 21);
    /// `CASE WHEN`
    pub(super) const CASE: Self = Self(1 << 22);
    /// A `*`, a call or a list is selected.
    pub(super) const LIST: Self = Self(1 << 23);
    /// A call as a statement.
    pub(super) const ROUTINE: Self = Self(1 << 25);
    /// The last string is open: the quote of the statement closes it.
    pub(super) const OPEN_STRING: Self = Self(1 << 24);

    pub(super) const fn has(self, facts: Self) -> bool {
        self.0 & facts.0 == facts.0
    }

    pub(super) const fn has_any(self, facts: Self) -> bool {
        self.0 & facts.0 != 0
    }

    pub(super) const fn and(self, facts: Self) -> Self {
        Self(self.0 | facts.0)
    }

    pub(super) const fn add(&mut self, facts: Self) {
        self.0 |= facts.0;
    }
}
