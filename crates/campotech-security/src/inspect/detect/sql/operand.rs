//! Where the grammar wants an operand.

use super::facts::Facts;
use super::lexer::Token;
use super::walk::{Operand, State, Walk};
use super::words::{self, Word};

impl Walk<'_> {
    pub(super) fn operand(&mut self, token: Token, closes: bool) -> Option<State> {
        match token {
            Token::Number => Some(self.done(Operand::Literal)),
            Token::Quoted { open, quote } => {
                if open {
                    self.facts.add(Facts::OPEN_STRING);
                }
                if quote != b'`' {
                    return Some(self.done(Operand::Literal));
                }
                self.name()
            }
            Token::Variable => Some(self.done(Operand::Computed)),
            Token::Star => {
                if self.selects {
                    self.facts.add(Facts::LIST);
                }
                Some(self.done(Operand::Computed))
            }
            Token::Sign => Some(State::Operand),
            Token::Open => {
                self.depth += 1;
                if self.peek() == Token::Word(Word::Select) {
                    self.lexer.next();
                    return self.select(Facts::SUBSELECT);
                }
                Some(State::Operand)
            }
            Token::Close if closes => self.close(),
            Token::Word(word) => self.operand_word(word),
            _ => None,
        }
    }

    pub(super) fn operand_word(&mut self, word: Word) -> Option<State> {
        match word {
            Word::Prefix | Word::All if self.peek() != Token::Open || word == Word::Prefix => {
                Some(State::Operand)
            }
            Word::Top => {
                let mut ahead = self.lexer;
                if self.selects && ahead.next() == Token::Number {
                    self.lexer = ahead;
                    return Some(State::Operand);
                }
                self.name()
            }
            Word::Constant if self.peek() != Token::Open => Some(self.done(Operand::Literal)),
            Word::Case => {
                let mut ahead = self.lexer;
                if ahead.next() == Token::Word(Word::When) {
                    self.lexer = ahead;
                    self.facts.add(Facts::CASE);
                }
                Some(State::Operand)
            }
            // What only stands between operands, unless it is called.
            Word::Select
            | Word::Logic
            | Word::Union
            | Word::From
            | Word::Where
            | Word::Order
            | Word::Is
            | Word::In
            | Word::Between
            | Word::As
            | Word::When => None,
            _ => self.name(),
        }
    }

    /// A column, a table or a call; the first part of its name has been read.
    pub(super) fn name(&mut self) -> Option<State> {
        let mut probe = false;
        loop {
            let part = self.lexer.last();
            probe |= words::is_probe(part);
            if words::is_catalog(part) {
                self.facts.add(Facts::CATALOG);
            }
            let mut ahead = self.lexer;
            match ahead.next() {
                // `master..xp_cmdshell`
                Token::Dot => {
                    while ahead.next() == Token::Dot {}
                    if matches!(ahead.last().first(), None | Some(b'(' | b')' | b'\'' | b'"' | b',')) {
                        return None;
                    }
                    self.lexer = ahead;
                }
                Token::Open => {
                    self.lexer = ahead;
                    self.depth += 1;
                    self.facts.add(Facts::CALL);
                    if probe {
                        self.facts.add(Facts::PROBE);
                    }
                    if self.selects {
                        self.facts.add(Facts::LIST);
                    }
                    // What is called is known without a row.
                    if self.awaited != Facts::NONE {
                        self.facts.add(self.awaited);
                        self.awaited = Facts::NONE;
                    }
                    if self.logic && self.left.is_some() {
                        self.facts.add(Facts::TEST.and(Facts::LITERAL_TEST));
                    }
                    if self.peek() == Token::Word(Word::Select) {
                        self.lexer.next();
                        return self.select(Facts::SUBSELECT);
                    }
                    return Some(State::Argument);
                }
                _ => break,
            }
        }
        Some(self.done(Operand::Name))
    }

    pub(super) fn close(&mut self) -> Option<State> {
        self.depth -= 1;
        if self.depth < 0 {
            self.facts.add(Facts::CLOSES);
        }
        self.done(Operand::Computed);
        Some(State::AfterAlias)
    }

    pub(super) fn select(&mut self, proves: Facts) -> Option<State> {
        self.selects = true;
        self.awaited = self.awaited.and(proves);
        let mut ahead = self.lexer;
        if ahead.next() == Token::Word(Word::All) {
            self.lexer = ahead;
        }
        Some(State::Operand)
    }
}
