//! A value read as the rest of a statement: it is followed as long as the grammar of SQL does.

use super::facts::Facts;
use super::lexer::{Lexer, Token};
use super::words::Word;

/// What an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// A number, a string, a constant.
    Literal,
    /// A column or a table.
    Name,
    /// A call, a variable, a subselect, brackets.
    Computed,
}

/// What the grammar wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The beginning of a value where no quote is to be closed.
    Begin,
    /// The beginning of a statement.
    Statement,
    Operand,
    /// An operand, or the bracket that closes a call without arguments.
    Argument,
    After,
    /// After `AS`, or after what may have an alias.
    AfterAlias,
}

/// Reads a value.
pub(super) struct Walk<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) facts: Facts,
    pub(super) state: State,
    pub(super) depth: i32,
    pub(super) selects: bool,
    /// Tokens since the beginning.
    pub(super) tokens: usize,
    pub(super) operand: Operand,
    /// The left side of a comparison whose right side is awaited.
    pub(super) left: Option<Operand>,
    /// `AND` or `OR` was there, and nothing was tested yet.
    pub(super) logic: bool,
    /// A `SELECT` whose list is awaited: what it proves.
    pub(super) awaited: Facts,
    pub(super) ordering: bool,
    pub(super) after_semicolon: bool,
}

impl<'a> Walk<'a> {
    /// Where the value stands for an operand.
    pub(super) const fn bare(text: &'a [u8]) -> Self {
        Self::new(text, 0, State::Begin)
    }

    /// Where the value closes a string at `at` (the byte after its quote).
    pub(super) const fn quoted(text: &'a [u8], at: usize) -> Self {
        Self::new(text, at, State::After)
    }

    const fn new(text: &'a [u8], at: usize, state: State) -> Self {
        Self {
            lexer: Lexer::new(text, at),
            facts: Facts::NONE,
            state,
            depth: 0,
            selects: false,
            tokens: 0,
            operand: Operand::Literal,
            left: None,
            logic: false,
            awaited: Facts::NONE,
            ordering: false,
            after_semicolon: false,
        }
    }

    pub(super) fn peek(&self) -> Token {
        let mut ahead = self.lexer;
        ahead.next()
    }

    /// Reads until the end, or until it is no SQL any more.
    pub(super) fn run(mut self) -> Facts {
        loop {
            let token = self.lexer.next();
            let next = match self.state {
                State::Begin => self.begin(token),
                State::Statement => self.statement(token),
                State::Operand => self.operand(token, false),
                State::Argument => self.operand(token, true),
                State::After => self.after(token, false),
                State::AfterAlias => self.after(token, true),
            };
            self.tokens += 1;
            match next {
                Some(state) => self.state = state,
                None => break,
            }
        }
        if self.lexer.commented {
            self.facts.add(Facts::INLINE_COMMENT);
        }
        self.facts
    }

    pub(super) fn end(&mut self) -> Option<State> {
        self.facts.add(Facts::COMPLETE);
        None
    }

    fn begin(&mut self, token: Token) -> Option<State> {
        match token {
            Token::End => None,
            Token::Close | Token::Semicolon | Token::Logic | Token::Comma => self.after(token, false),
            Token::Comment { .. } => None,
            Token::Word(
                Word::Logic
                | Word::Union
                | Word::Where
                | Word::Order
                | Word::Like
                | Word::Procedure
                | Word::Wait
                | Word::Is
                | Word::In
                | Word::Between
                | Word::Limit,
            ) => self.after(token, false),
            Token::Word(
                Word::Select
                | Word::Drop
                | Word::Insert
                | Word::Update
                | Word::Delete
                | Word::Exec
                | Word::Declare
                | Word::Shutdown
                | Word::Create
                | Word::Begin
                | Word::Call,
            ) => self.statement(token),
            _ => self.operand(token, false),
        }
    }

    /// An operand was read.
    pub(super) fn done(&mut self, operand: Operand) -> State {
        if let Some(left) = self.left.take() {
            self.facts.add(Facts::COMPARISON);
            if self.logic || self.facts.has(Facts::WHERE) {
                self.facts.add(Facts::TEST);
                if left != Operand::Name && operand != Operand::Name {
                    self.facts.add(Facts::LITERAL_TEST);
                }
            }
            self.logic = false;
        }
        if self.ordering {
            self.facts.add(if operand == Operand::Name { Facts::ORDER_NAME } else { Facts::ORDER });
            self.ordering = false;
        }
        if self.awaited != Facts::NONE && (operand != Operand::Name || self.is_listed()) {
            self.facts.add(self.awaited);
            self.awaited = Facts::NONE;
        }
        self.operand = operand;
        State::After
    }

    /// Whether what follows a selected name is what follows one in SQL, and not in a sentence.
    pub(super) fn is_listed(&self) -> bool {
        matches!(
            self.peek(),
            Token::Comma
                | Token::Close
                | Token::Semicolon
                | Token::Comment { .. }
                | Token::Comparison
                | Token::Word(Word::From | Word::Where | Word::Union)
        ) || (self.peek() == Token::End && self.tokens > 3 && self.awaited.has(Facts::UNION))
    }
}
