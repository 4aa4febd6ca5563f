//! The text that one sees of sanitised HTML.

use super::super::guard;
use super::piece::{Piece, pieces};

/// What stands in a line of its own.
const BLOCKS: [&str; 20] = [
    "blockquote",
    "caption",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// Cells stand beside each other.
const CELLS: [&str; 2] = ["td", "th"];

/// The text: NFC, white space as a browser shows it, a line for each block, an empty one at most between two.
pub(super) fn text(html: &str) -> String {
    let mut text = Shown::default();
    let mut pre = 0_usize;
    for piece in pieces(html) {
        match piece {
            Piece::Start(name, _) | Piece::End(name) | Piece::Void(name) => {
                if name == "pre" {
                    pre = if matches!(piece, Piece::Start(..)) { pre + 1 } else { pre.saturating_sub(1) };
                }
                text.tag(name, matches!(piece, Piece::Start(..)));
            }
            Piece::Text(written) if pre > 0 => text.word(written),
            Piece::Text(written) => text.words(written),
        }
    }
    // A letter and its mark may be in two elements.
    guard::nfc(text.shown.trim()).into_owned()
}

/// What is shown so far, and what comes between it and the next word.
#[derive(Default)]
struct Shown {
    shown: String,
    lines: usize,
    cell: bool,
    space: bool,
}

impl Shown {
    fn tag(&mut self, name: &str, starts: bool) {
        if name == "br" {
            self.lines += 1;
        } else if BLOCKS.contains(&name) {
            self.lines = self.lines.max(1);
        }
        self.cell |= starts && CELLS.contains(&name);
    }

    fn words(&mut self, written: &str) {
        let space = |c: char| c.is_ascii_whitespace();
        let mut rest = written;
        while !rest.is_empty() {
            let after = rest.trim_start_matches(space);
            self.space |= after.len() < rest.len();
            let (word, after) = after.split_at(after.find(space).unwrap_or(after.len()));
            if !word.is_empty() {
                self.word(word);
            }
            rest = after;
        }
    }

    fn word(&mut self, written: &str) {
        if !self.shown.is_empty() {
            match (self.lines, self.cell, self.space) {
                (1, ..) => self.shown.push('\n'),
                (2.., ..) => self.shown.push_str("\n\n"),
                (0, true, _) => self.shown.push('\t'),
                (0, false, true) => self.shown.push(' '),
                (0, false, false) => {}
            }
        }
        (self.lines, self.cell, self.space) = (0, false, false);
        read(written, &mut self.shown);
    }
}

/// Adds text with its references as characters. There are no others than these.
fn read(written: &str, to: &mut String) {
    let mut pieces = written.split('&');
    to.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, after) = piece.split_once(';').unwrap_or(("amp", piece));
        to.push(match name {
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            // In a plain text nothing has to be kept together.
            "nbsp" => ' ',
            _ => '&',
        });
        to.push_str(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen() {
        for (html, shown) in [
            ("", ""),
            ("uno", "uno"),
            ("  uno \n dos\t", "uno dos"),
            ("<p>uno</p><p>dos</p>", "uno\ndos"),
            ("<p>uno</p>\n\n<p> dos </p>", "uno\ndos"),
            ("uno<br>dos<br><br>tres<br><br><br>cuatro", "uno\ndos\n\ntres\n\ncuatro"),
            ("<p>uno<br></p><p>dos</p>", "uno\ndos"),
            ("<b>un</b>o <i> dos</i>", "uno dos"),
            ("<ul><li>uno</li><li>dos<ul><li>tres</li></ul></li></ul>", "uno\ndos\ntres"),
            (
                "<table><tbody><tr><th>a</th><td>12</td><td>5</td></tr><tr><td>b</td></tr></tbody></table>",
                "a\t12\t5\nb",
            ),
            ("<pre>  uno\n    dos\n</pre>tres  cuatro", "uno\n    dos\n\ntres cuatro"),
            ("uno<pre>  dos</pre>", "uno\n  dos"),
            ("a &lt;b&gt; &amp;lt; &amp; \"c\"&nbsp;d", "a <b> &lt; & \"c\" d"),
            ("n<b>\u{303}</b>", "ñ"),
            ("<p>&nbsp;</p><hr><br>", ""),
            ("<a href=\"https://example.com/\" rel=\"nofollow\">uno</a>", "uno"),
        ] {
            assert_eq!(text(html), shown, "{html}");
        }
    }
}
