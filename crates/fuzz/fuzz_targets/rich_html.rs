//! HTML of an editor: what is kept is its own normal form, and has no other tags than those that may be.
#![no_main]

use campotech_validate::{MultilineText, RichHtml};
use libfuzzer_sys::fuzz_target;

const ELEMENTS: &str = " a b blockquote br caption code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong sub sup table tbody td tfoot th \
                        thead tr u ul ";

fuzz_target!(|text: &str| {
    let Ok(html) = text.parse::<RichHtml<4_096>>() else { return };
    let again = html.as_str().parse::<RichHtml<4_096>>().unwrap();
    assert_eq!(html, again);
    let seen = html.text().parse::<MultilineText<4_096>>().unwrap();
    assert_eq!(seen.as_str(), html.text());
    for tag in html.as_str().split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&format!(" {} ", name.trim_start_matches('/'))), "{name}");
        let link = name == "a" && attributes.starts_with("href=\"");
        assert!(attributes.is_empty() || link, "{attributes}");
        let own = attributes.trim_end_matches(" rel=\"noopener noreferrer nofollow\"");
        assert_eq!(own.matches('"').count(), if link { 2 } else { 0 });
    }
});
