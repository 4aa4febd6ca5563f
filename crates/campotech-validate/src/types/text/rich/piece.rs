//! What sanitised HTML consists of. Its form is narrow: a `<` is always a tag, no attribute holds a `>`, and every element is closed.

use std::iter;

/// Elements without content, which have no end.
const VOID: [&str; 2] = ["br", "hr"];

/// A piece of sanitised HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The tag that begins an element: its name, its attributes with a space before each.
    Start(&'a str, &'a str),
    /// An element without content.
    Void(&'a str),
    /// The tag that ends an element: its name.
    End(&'a str),
    /// Text, with its references.
    Text(&'a str),
}

/// What it consists of, in order.
pub(super) fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    iter::from_fn(move || {
        let (piece, after) = first(rest)?;
        rest = after;
        Some(piece)
    })
}

fn first(html: &str) -> Option<(Piece<'_>, &str)> {
    if html.is_empty() {
        return None;
    }
    let Some(tag) = html.strip_prefix('<') else {
        let (text, rest) = html.split_at(html.find('<').unwrap_or(html.len()));
        return Some((Piece::Text(text), rest));
    };
    let (tag, rest) = tag.split_once('>')?;
    if let Some(name) = tag.strip_prefix('/') {
        return Some((Piece::End(name), rest));
    }
    let (name, attributes) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
    let piece = if VOID.contains(&name) { Piece::Void(name) } else { Piece::Start(name, attributes) };
    Some((piece, rest))
}

/// How many elements are within each other.
pub(super) fn depth(html: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for piece in pieces(html) {
        match piece {
            Piece::Start(..) => open += 1,
            Piece::End(_) => open = open.saturating_sub(1),
            Piece::Void(_) | Piece::Text(_) => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_taken_apart() {
        let html = "a &lt; b<p>x<a href=\"/?&gt;\" rel=\"nofollow\">y</a><br></p>";
        let all: Vec<_> = pieces(html).collect();
        assert_eq!(
            all,
            [
                Piece::Text("a &lt; b"),
                Piece::Start("p", ""),
                Piece::Text("x"),
                Piece::Start("a", " href=\"/?&gt;\" rel=\"nofollow\""),
                Piece::Text("y"),
                Piece::End("a"),
                Piece::Void("br"),
                Piece::End("p"),
            ]
        );
        assert_eq!((depth(html), depth("x<hr>"), depth("")), (2, 0, 0));
    }
}
