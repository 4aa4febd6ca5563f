//! What of a text is kept, by ammonia.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::url::Url;
use ammonia::{Builder, UrlRelative};

use super::super::guard;
use super::cost;
use super::piece::{self, Piece, pieces};
use crate::report::Violation;

/// Elements that are kept.
const ELEMENTS: &str = "a b blockquote br caption code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong sub sup table tbody td \
                        tfoot th thead tr u ul";

/// Elements that go with all that is in them: it runs, or is no text of the page, or is of another language than HTML.
const REMOVED: &str = "applet audio canvas embed iframe math noembed noframes noscript object script style svg template title video";

/// What a link may lead to.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// What every link has.
const REL: &str = "noopener noreferrer nofollow";

/// How many elements may be within each other.
const DEPTH: usize = 32;

/// How often it is read. Once or twice is enough for what editors make.
const PASSES: usize = 8;

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    // Without elements, and with attributes of ammonia's own choice.
    let mut builder = Builder::empty();
    builder
        .generic_attributes(HashSet::new())
        .tags(ELEMENTS.split(' ').collect())
        .clean_content_tags(REMOVED.split(' ').collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some(REL))
        .attribute_filter(|_, name, value| if name == "href" { link(value) } else { Some(value.into()) });
    builder
});

/// The HTML in its normal form.
///
/// It is read until nothing changes any more: what is left when elements are taken out of a tree may be read as another
/// tree (`<p>` in a `button` in a `<p>`), and that is where sanitisers are got round. What is returned a browser reads as it
/// was checked.
pub(super) fn normal(html: &str) -> Result<String, Violation> {
    // Before it is looked at: a `>` with a mark behind it becomes another character, and ends no tag.
    let mut html = guard::nfc(html).into_owned();
    for _ in 0..PASSES {
        cost::check(&html)?;
        let next = tidy(&BUILDER.clean(&html).to_string());
        if next == html {
            return if piece::depth(&html) > DEPTH { Err(cost::too_complex()) } else { Ok(html) };
        }
        html = guard::nfc(&next).into_owned();
    }
    Err(cost::too_complex())
}

/// Without links that lead nowhere, the line break at the beginning of a `pre`, which a parser leaves out, and space around.
fn tidy(html: &str) -> String {
    let mut tidy = String::with_capacity(html.len());
    let (mut links, mut pre) = (Vec::new(), false);
    for piece in pieces(html) {
        let begins_pre = std::mem::replace(&mut pre, piece == Piece::Start("pre", ""));
        match piece {
            Piece::Start("a", attributes) => {
                let leads = attributes.starts_with(" href=");
                links.push(leads);
                if leads {
                    tidy.extend(["<a", attributes, ">"]);
                }
            }
            Piece::End("a") => {
                if links.pop().unwrap_or(true) {
                    tidy.push_str("</a>");
                }
            }
            Piece::Start(name, attributes) => tidy.extend(["<", name, attributes, ">"]),
            Piece::Void(name) => tidy.extend(["<", name, ">"]),
            Piece::End(name) => tidy.extend(["</", name, ">"]),
            Piece::Text(text) if begins_pre => tidy.push_str(text.trim_start_matches('\n')),
            Piece::Text(text) => tidy.push_str(text),
        }
    }
    let trimmed = tidy.trim();
    if trimmed.len() == tidy.len() { tidy } else { trimmed.to_owned() }
}

/// The address of a link, where it is one.
fn link(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim();
    // A parser of URLs leaves tabs and line breaks out.
    if value.contains(|c: char| c.is_control()) {
        return None;
    }
    let url = Url::parse(value).ok()?;
    let fine = match url.scheme() {
        // Without slashes it is relative on a page of the same scheme; what stands before an `@` is taken for the host.
        scheme @ ("http" | "https") => {
            value[scheme.len()..].starts_with("://") && url.username().is_empty() && url.password().is_none()
        }
        scheme => SCHEMES.contains(&scheme),
    };
    fine.then(|| value.into())
}
