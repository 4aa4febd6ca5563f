//! SQL as tokens, tolerant of every dialect; blanks and closed comments vanish.

use super::words::{self, Word};

/// A piece of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Number,
    /// A string or quoted name; `open` if the text ends before it does.
    Quoted {
        quote: u8,
        open: bool,
    },
    Word(Word),
    /// `@x`, `@@x`, `:x`, `?`
    Variable,
    /// `=`, `<`, `!=`, `<=>` ...
    Comparison,
    /// `||`, `&&`
    Logic,
    /// `+`, `-`, `~`, `!`: before an operand or between two.
    Sign,
    /// `*`, which is an operand of its own, too.
    Star,
    /// Any other operator.
    Arithmetic,
    Open,
    Close,
    Comma,
    Dot,
    Semicolon,
    /// What hides the rest of the statement; `bare` if nothing but marks and blanks is hidden.
    Comment {
        bare: bool,
    },
    /// No SQL.
    Odd,
    End,
}

/// Where the reading stands. A copy is a look ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the last token began.
    pub(super) start: usize,
    /// A closed comment was passed.
    pub(super) commented: bool,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at, start: at, commented: false }
    }

    /// The bytes of the last token.
    pub(super) fn last(&self) -> &'a [u8] {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn take(&mut self, count: usize, token: Token) -> Token {
        self.at += count;
        token
    }

    /// The next token. Each byte is passed once.
    pub(super) fn next(&mut self) -> Token {
        loop {
            self.start = self.at;
            let Some(&byte) = self.text.get(self.at) else { return Token::End };
            match byte {
                b'\t'..=b'\r' | b' ' | 0 => self.at += 1,
                b'-' if self.byte(1) == b'-' => {
                    if let Some(token) = self.line_comment(2) {
                        return token;
                    }
                }
                b'#' => {
                    if let Some(token) = self.line_comment(1) {
                        return token;
                    }
                }
                b'/' if self.byte(1) == b'*' => {
                    if let Some(token) = self.block_comment() {
                        return token;
                    }
                }
                // The end of a comment that MySQL executes.
                b'*' if self.byte(1) == b'/' => self.at += 2,
                _ => return self.token(byte),
            }
        }
    }

    fn token(&mut self, byte: u8) -> Token {
        match byte {
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            b'\'' | b'"' | b'`' => self.quoted(byte),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80.. => self.word(),
            b'@' => {
                self.at += 1;
                while matches!(self.byte(0), b'@' | b'_' | b'$' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
                {
                    self.at += 1;
                }
                Token::Variable
            }
            b'(' => self.take(1, Token::Open),
            b')' => self.take(1, Token::Close),
            b',' => self.take(1, Token::Comma),
            b';' => self.take(1, Token::Semicolon),
            b'.' => self.take(1, Token::Dot),
            b'?' => self.take(1, Token::Variable),
            b'+' | b'-' | b'~' => self.take(1, Token::Sign),
            b'*' => self.take(1, Token::Star),
            b'=' | b'<' | b'>' => self.comparison(),
            b'!' if matches!(self.byte(1), b'=' | b'<' | b'>' | b'~') => self.comparison(),
            b'!' => self.take(1, Token::Sign),
            b'|' if self.byte(1) == b'|' => self.take(2, Token::Logic),
            b'&' if self.byte(1) == b'&' => self.take(2, Token::Logic),
            b':' if self.byte(1) == b':' || self.byte(1) == b'=' => self.take(2, Token::Arithmetic),
            b'|' | b'&' | b'/' | b'%' | b'^' => self.take(1, Token::Arithmetic),
            _ => self.take(1, Token::Odd),
        }
    }

    fn comparison(&mut self) -> Token {
        while matches!(self.byte(0), b'=' | b'<' | b'>' | b'!' | b'~') {
            self.at += 1;
        }
        Token::Comparison
    }

    fn number(&mut self) -> Token {
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'b' | b'B') {
            self.at += 2;
            while self.byte(0).is_ascii_hexdigit() {
                self.at += 1;
            }
            return Token::Number;
        }
        while matches!(self.byte(0), b'0'..=b'9' | b'.') {
            self.at += 1;
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let digits = if matches!(self.byte(1), b'+' | b'-') { 2 } else { 1 };
            if self.byte(digits).is_ascii_digit() {
                self.at += digits;
                while self.byte(0).is_ascii_digit() {
                    self.at += 1;
                }
            }
        }
        // `3d` and `40k` are names to some dialects and words to people.
        if is_word(self.byte(0)) {
            return self.word();
        }
        Token::Number
    }

    fn word(&mut self) -> Token {
        let start = self.start;
        while is_word(self.byte(0)) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        // N'..', X'..', B'..', E'..', q'..': strings of another kind.
        if word.len() == 1
            && self.byte(0) == b'\''
            && matches!(word[0] | 0x20, b'n' | b'x' | b'b' | b'e' | b'q')
        {
            return self.quoted(b'\'');
        }
        Token::Word(words::of(word))
    }

    fn quoted(&mut self, quote: u8) -> Token {
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            if byte == b'\\' {
                self.at = self.text.len().min(self.at + 1);
            } else if byte == quote {
                if self.byte(0) != quote || self.at == self.text.len() {
                    return Token::Quoted { quote, open: false };
                }
                self.at += 1;
            }
        }
        Token::Quoted { quote, open: true }
    }

    /// None if the line ends and something follows: then the comment was a blank.
    fn line_comment(&mut self, marks: usize) -> Option<Token> {
        let rest = self.text.get(self.at + marks..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\n');
        if let Some(end) = end
            && rest.get(end..).unwrap_or_default().iter().any(|b| !b.is_ascii_whitespace())
        {
            self.at += marks + end + 1;
            self.commented = true;
            return None;
        }
        self.at = self.text.len();
        Some(Token::Comment { bare: is_bare(rest) })
    }

    fn block_comment(&mut self) -> Option<Token> {
        self.commented = true;
        if self.byte(2) == b'!' {
            self.at += 3;
            while self.byte(0).is_ascii_digit() {
                self.at += 1;
            }
            return None;
        }
        let rest = self.text.get(self.at + 2..).unwrap_or_default();
        match rest.windows(2).position(|pair| pair == b"*/") {
            Some(end) => {
                self.at += 2 + end + 2;
                None
            }
            None => {
                self.at = self.text.len();
                Some(Token::Comment { bare: is_bare(rest) })
            }
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Marks, blanks and at most one short mark of the attacker's own, as `-- -`, `--+` and `-- x`.
fn is_bare(rest: &[u8]) -> bool {
    rest.iter().filter(|b| b.is_ascii_alphanumeric() || **b >= 0x80).count() <= 1
}
