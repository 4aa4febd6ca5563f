//! Tags in any order.

use campotech_validate::{MultilineText, RichHtml};
use proptest::prelude::*;

use super::check;

const NAMES: &str = "a b i u s em code strong nobr font p div h1 h2 ul ol li dl dd blockquote pre br hr table \
                     caption colgroup col thead tbody tr td th sub script style title textarea noscript \
                     iframe xmp plaintext template select option optgroup button object marquee form input \
                     svg math foreignObject desc mi mtext mglyph annotation-xml html head body frameset img \
                     image span ruby rt address details";

const ATTRIBUTES: &[&str] = &[
    "",
    " href=https://example.com/",
    " href=\"https://example.com/?a=1&b=2\"",
    " href=javascript:alert(1)",
    " href=/x",
    " onclick=alert(1)",
    " style=color:red class=x id=y",
    " title=\"</style></title></textarea></noscript><img src=x onerror=alert(1)>\"",
    " encoding=text/html",
    " type=hidden",
    "/",
    " x='",
    " y=\"",
];

const TEXTS: &[&str] = &[
    "uno",
    " ",
    "\n",
    "ñ",
    "e\u{301}",
    "\u{338}",
    "&lt;",
    "&lt",
    "&amp;lt;",
    "&nbsp;",
    "&#13;",
    "&#10;",
    "&#0;",
    "&#x303;",
    "<",
    ">",
    "'",
    "\"",
    "<!--",
    "-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<?x ",
    "<!x>",
    "</>",
    "&",
    "\u{37e}",
];

fn soup() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(NAMES.split(' ').collect::<Vec<_>>());
    let piece = prop_oneof![
        4 => (name(), prop::sample::select(ATTRIBUTES)).prop_map(|(name, attributes)| format!("<{name}{attributes}>")),
        3 => name().prop_map(|name| format!("</{name}>")),
        3 => prop::sample::select(TEXTS).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(4_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_what_is_kept_comes_out_and_reading_it_again_changes_nothing(soup in soup()) {
        match format!("antes {soup}").parse::<RichHtml<2000>>() {
            Ok(note) => {
                prop_assert_eq!(check(note.as_str()), Ok(()));
                let text = note.text().parse::<MultilineText<2000>>();
                prop_assert_eq!(text.map(MultilineText::into_string), Ok(note.text()));
            }
            Err(violation) => prop_assert_eq!(violation.code().name, "html.complex"),
        }
    }

    #[test]
    fn any_text_may_be_sent(text in "(\\PC|[<>/=\"'& ab\n]){0,60}") {
        if let Ok(note) = text.parse::<RichHtml<2000>>() {
            prop_assert_eq!(check(note.as_str()), Ok(()));
        }
    }
}
