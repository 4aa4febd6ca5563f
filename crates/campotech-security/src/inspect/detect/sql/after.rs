//! Behind an operand: operators, clauses, ends.

use super::facts::Facts;
use super::lexer::Token;
use super::walk::{Operand, State, Walk};
use super::words::Word;

impl Walk<'_> {
    pub(super) fn after(&mut self, token: Token, alias: bool) -> Option<State> {
        if self.logic && self.left.is_none() && self.tokens > 0 {
            let compared = matches!(
                token,
                Token::Comparison
                    | Token::Word(Word::Like | Word::Is | Word::In | Word::Between)
                    | Token::Arithmetic
                    | Token::Sign
                    | Token::Star
            );
            let follows = matches!(
                token,
                Token::End
                    | Token::Close
                    | Token::Comment { .. }
                    | Token::Logic
                    | Token::Semicolon
                    | Token::Word(Word::Logic | Word::Order | Word::Union | Word::Limit)
            );
            if follows && self.operand != Operand::Name {
                self.facts.add(Facts::LOGIC);
            }
            // `('x')=('x`
            if !compared && token != Token::Close {
                self.logic = false;
            }
        }
        match token {
            Token::End => self.end(),
            Token::Comment { bare } => {
                self.facts.add(if bare { Facts::COMMENT } else { Facts::COMMENT_TEXT });
                self.end()
            }
            Token::Comparison => self.compares(),
            Token::Logic => {
                self.logic = true;
                self.facts.add(Facts::OPERATOR);
                Some(State::Operand)
            }
            Token::Sign | Token::Star | Token::Arithmetic => {
                self.facts.add(Facts::OPERATOR);
                Some(State::Operand)
            }
            Token::Comma => {
                if self.selects {
                    self.facts.add(Facts::LIST);
                }
                Some(State::Operand)
            }
            Token::Close => self.close(),
            Token::Semicolon => Some(self.statement_begins()),
            // Whatever stands before it: a subselect is never text.
            Token::Open if self.peek() == Token::Word(Word::Select) => {
                self.lexer.next();
                self.depth += 1;
                self.select(Facts::SUBSELECT)
            }
            // A string after `AS`, or a type's length.
            Token::Open if self.operand == Operand::Name => {
                self.depth += 1;
                Some(State::Argument)
            }
            Token::Word(word) => self.after_word(word, alias),
            Token::Quoted { .. } if alias && self.selects => Some(State::After),
            _ => None,
        }
    }

    pub(super) fn compares(&mut self) -> Option<State> {
        self.left = Some(self.operand);
        Some(State::Operand)
    }

    pub(super) fn after_word(&mut self, word: Word, alias: bool) -> Option<State> {
        match word {
            Word::Logic => {
                self.logic = true;
                Some(State::Operand)
            }
            Word::Like | Word::Between => self.compares(),
            Word::Is => self.compares(),
            Word::Prefix => Some(State::After),
            Word::In => {
                let mut ahead = self.lexer;
                if ahead.next() == Token::Open {
                    return self.compares();
                }
                // MySQL's `IN BOOLEAN MODE`.
                if ahead.last().eq_ignore_ascii_case(b"boolean") {
                    ahead.next();
                    self.lexer = ahead;
                    return Some(State::After);
                }
                None
            }
            Word::Union => {
                let mut ahead = self.lexer;
                let mut token = ahead.next();
                while matches!(token, Token::Word(Word::All) | Token::Open) {
                    if token == Token::Open {
                        self.depth += 1;
                    }
                    token = ahead.next();
                }
                self.lexer = ahead;
                if token == Token::Word(Word::Select) {
                    self.logic = false;
                    return self.select(Facts::UNION);
                }
                None
            }
            Word::From if self.selects => {
                self.facts.add(Facts::FROM);
                Some(State::Operand)
            }
            // Of `trim(x from y)`, `extract(..)`.
            Word::From | Word::Using if self.depth > 0 => Some(State::Operand),
            Word::Where => {
                self.facts.add(Facts::WHERE);
                self.logic = true;
                Some(State::Operand)
            }
            Word::On if self.selects => {
                self.logic = true;
                Some(State::Operand)
            }
            Word::Order => {
                if self.lexer.next() != Token::Word(Word::By) {
                    return None;
                }
                self.ordering = true;
                Some(State::Operand)
            }
            Word::Limit if self.peek() == Token::Number => Some(State::Operand),
            Word::Direction => Some(State::After),
            Word::As => {
                let named = matches!(self.lexer.next(), Token::Word(_) | Token::Quoted { .. });
                self.operand = Operand::Name;
                named.then_some(State::After)
            }
            Word::Collate => {
                self.lexer.next();
                Some(State::After)
            }
            Word::When if self.facts.has(Facts::CASE) => Some(State::Operand),
            Word::Finish if self.facts.has(Facts::CASE) => Some(State::AfterAlias),
            Word::JoinKind if self.selects => Some(State::AfterAlias),
            Word::Join if self.selects => Some(State::Operand),
            Word::Into => {
                if let Token::Word(Word::File) = self.lexer.next() {
                    self.facts.add(Facts::CLAUSE);
                    return Some(State::Operand);
                }
                None
            }
            Word::Procedure => {
                let named = matches!(self.lexer.next(), Token::Word(_));
                if named && self.peek() == Token::Open {
                    self.facts.add(Facts::CLAUSE);
                    return self.name();
                }
                None
            }
            Word::Wait => self.waits(),
            // Microsoft's dialect needs no `;`.
            Word::Drop
            | Word::Insert
            | Word::Update
            | Word::Delete
            | Word::Exec
            | Word::Declare
            | Word::Create
            | Word::Shutdown => {
                self.after_semicolon = true;
                self.statement(Token::Word(word))
            }
            Word::Name | Word::Object | Word::Set | Word::Delay
                if alias || self.selects || self.facts.has(Facts::STACKED) =>
            {
                // A sentence would go on; an alias does not.
                let follows = self.peek();
                if matches!(follows, Token::Word(Word::Name)) && !self.selects {
                    return None;
                }
                Some(State::After)
            }
            _ => None,
        }
    }
}
