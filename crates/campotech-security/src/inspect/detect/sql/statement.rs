//! Whole statements, and clauses that need no end of another.

use super::facts::Facts;
use super::lexer::Token;
use super::walk::{State, Walk};
use super::words::{self, Word};

impl Walk<'_> {
    pub(super) fn statement_begins(&mut self) -> State {
        self.after_semicolon = true;
        self.selects = false;
        self.logic = false;
        self.left = None;
        State::Statement
    }

    /// Notes a statement that is one.
    pub(super) fn proven(&mut self) {
        self.facts.add(if self.after_semicolon { Facts::STACKED } else { Facts::STATEMENT });
    }

    pub(super) fn statement(&mut self, token: Token) -> Option<State> {
        let word = match token {
            Token::Word(word) => word,
            Token::Semicolon => return Some(State::Statement),
            Token::Comment { bare } => {
                self.facts.add(if bare { Facts::COMMENT } else { Facts::COMMENT_TEXT });
                return self.end();
            }
            Token::End => return self.end(),
            Token::Open if self.peek() == Token::Word(Word::Select) => {
                self.lexer.next();
                self.depth += 1;
                let proves = if self.after_semicolon { Facts::STACKED } else { Facts::STATEMENT };
                return self.select(proves);
            }
            _ => return None,
        };
        match word {
            Word::Select => {
                let proves = if self.after_semicolon { Facts::STACKED } else { Facts::STATEMENT };
                return self.select(proves);
            }
            Word::Wait => return self.waits(),
            Word::Begin => {
                let block = matches!(
                    self.peek(),
                    Token::Word(Word::Declare | Word::Select | Word::Insert | Word::Exec)
                );
                return Some(if block { State::Statement } else { State::Operand });
            }
            _ => {}
        }
        let first = self.lexer.next();
        let is_name = |token| matches!(token, Token::Word(_) | Token::Quoted { quote: b'`' | b'"', .. });
        let ends =
            |token| matches!(token, Token::End | Token::Semicolon | Token::Comment { .. } | Token::Close);
        let proven = match word {
            Word::Drop | Word::Create => {
                let mut object = first;
                // `CREATE OR REPLACE`, `TEMPORARY`
                if matches!(object, Token::Word(Word::Logic)) {
                    self.lexer.next();
                    object = self.lexer.next();
                }
                matches!(object, Token::Word(Word::Object | Word::Procedure)) && is_name(self.lexer.next())
            }
            Word::Insert => {
                first == Token::Word(Word::Into)
                    && is_name(self.lexer.next())
                    && matches!(
                        self.peek(),
                        Token::Open | Token::Dot | Token::Word(Word::Values | Word::Select | Word::Set)
                    )
            }
            Word::Update => {
                is_name(first)
                    && self.lexer.next() == Token::Word(Word::Set)
                    && is_name(self.lexer.next())
                    && self.peek() == Token::Comparison
            }
            Word::Delete => {
                first == Token::Word(Word::From)
                    && is_name(self.lexer.next())
                    && (self.peek() == Token::Word(Word::Where) || ends(self.peek()))
            }
            Word::Exec => {
                first == Token::Open
                    || first == Token::Variable
                    || (is_name(first)
                        && (matches!(self.peek(), Token::Quoted { .. } | Token::Dot | Token::Variable)
                            || words::is_probe(self.lexer.last())))
            }
            Word::Declare => first == Token::Variable,
            Word::Set => first == Token::Variable,
            Word::Shutdown => ends(first) && self.tokens > 0,
            Word::Call => is_name(first) && matches!(self.peek(), Token::Open | Token::Dot),
            Word::If => {
                first == Token::Open || (first == Token::Word(Word::Prefix) && self.peek() == Token::Open)
            }
            // A call as a statement: what it proves, its arguments say.
            Word::Name if first == Token::Open && self.after_semicolon => {
                self.depth += 1;
                self.facts.add(Facts::CALL.and(Facts::ROUTINE));
                return Some(State::Argument);
            }
            _ => false,
        };
        if !proven {
            return None;
        }
        self.proven();
        if ends(first) {
            return self.after(first, false);
        }
        match word {
            Word::Call => self.name(),
            Word::If | Word::Exec if first == Token::Open => {
                self.depth += 1;
                Some(State::Operand)
            }
            Word::If => Some(State::Operand),
            _ => Some(State::AfterAlias),
        }
    }

    /// `WAITFOR DELAY '0:0:5'`
    pub(super) fn waits(&mut self) -> Option<State> {
        if self.lexer.next() != Token::Word(Word::Delay) {
            return None;
        }
        match self.lexer.next() {
            Token::Quoted { .. } | Token::Variable => {
                self.facts.add(Facts::CLAUSE);
                Some(State::After)
            }
            _ => None,
        }
    }
}
