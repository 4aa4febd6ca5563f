//! `RichHtml`: what is written to be run is not run, what is written to be read stays as it is, and neither costs much.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod attacks;
mod cost;
mod soup;
mod tree;

use campotech_validate::{Limits, MultilineText, RichHtml, input, schema, validate_json};
use serde_json::json;
use url::Url;

use attacks::{ATTACKS, REFUSED};

type Note = RichHtml<2000>;

/// What the documentation says is kept.
const ELEMENTS: &str = " p div h1 h2 h3 h4 h5 h6 blockquote pre hr br ul ol li table caption thead tbody tfoot tr th td \
                        strong b em i u s sub sup code a ";

fn code(html: &str) -> &'static str {
    html.parse::<Note>().map_or_else(|violation| violation.code().name, |_| "ok")
}

/// Whether a browser makes nothing else of it than what is kept, wherever it stands, and it is its own normal form.
fn check(html: &str) -> Result<(), String> {
    for made in tree::read(html) {
        if made.others > 0 {
            return Err(format!("a comment, or something like it, in {html}"));
        }
        for element in made.elements {
            // A browser adds those of the document.
            let own = ["html", "head", "body"].contains(&element.name.as_str());
            if !own && !ELEMENTS.contains(&format!(" {} ", element.name)) {
                return Err(format!("{} in {html}", element.name));
            }
            let attributes = element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            match attributes.collect::<Vec<_>>()[..] {
                [] if element.name != "a" => {}
                [("href", href), ("rel", "noopener noreferrer nofollow")]
                    if element.name == "a" && leads(href) => {}
                ref others => return Err(format!("{} with {others:?} in {html}", element.name)),
            }
        }
    }
    let again = html.parse::<Note>().map_err(|violation| format!("{violation} of {html}"))?;
    if again.as_str() == html { Ok(()) } else { Err(format!("{html} becomes {again}")) }
}

/// Whether it is an address that a link may have, on a page of any scheme.
fn leads(href: &str) -> bool {
    ["https://campotech.example/a", "http://campotech.example/a", "file:///a"].iter().all(|page| {
        let url = Url::parse(page).unwrap().join(href).unwrap();
        let elsewhere = Url::parse(href).is_ok_and(|absolute| absolute == url);
        elsewhere
            && ["https", "http", "mailto", "tel"].contains(&url.scheme())
            && url.username().is_empty()
            && url.password().is_none()
    })
}

#[test]
fn no_attack_leaves_anything_that_runs() {
    let places: [fn(&str) -> String; 7] = [
        |attack| format!("antes {attack} después"),
        |attack| format!("antes<p>uno {attack} dos</p>"),
        |attack| format!("antes<table><tr><td>{attack}</td></tr></table>"),
        |attack| format!("antes<a href=\"https://example.com/\">{attack}</a>"),
        |attack| format!("antes<b title=\"{attack}\">x</b>"),
        |attack| format!("antes<svg><desc>{attack}</desc></svg>"),
        |attack| format!("antes<select><option>{attack}</option></select>"),
    ];
    assert!(ATTACKS.len() >= 60);
    for attack in ATTACKS {
        for place in places {
            let note: Note =
                place(attack).parse().unwrap_or_else(|violation| panic!("{attack}: {violation}"));
            check(note.as_str()).unwrap_or_else(|why| panic!("{attack}: {why}"));
            assert!(note.text().starts_with("antes"), "{attack}: {note}");
        }
    }
    for (attack, expected) in REFUSED {
        assert_eq!(code(attack), *expected, "{attack:?}");
    }
}

#[test]
fn the_check_finds_what_runs() {
    for html in [
        "<p onclick=\"alert(1)\">x</p>",
        "<script>alert(1)</script>",
        "<a href=\"javascript:alert(1)\" rel=\"noopener noreferrer nofollow\">x</a>",
        "<a href=\"https:x\" rel=\"noopener noreferrer nofollow\">x</a>",
        "<a href=\"https://example.com/\">x</a>",
        "<svg></svg>",
        "<p><!-- x --></p>",
        "<p>x",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    ] {
        assert!(check(html).is_err(), "{html}");
    }
}

#[test]
fn what_is_left_of_what_runs() {
    for (html, left) in [
        ("a<script>b</script>c", "ac"),
        ("a<style>b</style><title>b</title><!-- b -->c", "ac"),
        ("<p onclick=x style=x class=x id=x>a</p>", "<p>a</p>"),
        ("<a href=javascript:x>a</a>", "a"),
        ("<a name=x>a</a><a>b</a>", "ab"),
        (
            "<a href=' https://example.com/ '>a</a>",
            "<a href=\"https://example.com/\" rel=\"noopener noreferrer nofollow\">a</a>",
        ),
        ("<a href=https://exam&#9;ple.com/>a</a>", "a"),
        ("<span style=x>a</span> <font>b</font>", "a b"),
        ("<P>a<P>b<BR/>c", "<p>a</p><p>b<br>c</p>"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("a\u{a0}b\r\nc", "a&nbsp;b\nc"),
        ("<pre>\n\n\n\n\n\n\n\n\n\n\n\n a\n</pre>", "<pre> a\n</pre>"),
        ("  <p>Cafe\u{301} n&#x303;</p>\n", "<p>Café ñ</p>"),
        ("<p>1<button><p>2", "<p>1</p><p>2</p><p></p>"),
        ("<b><p>1</b>2", "<b></b><p><b>1</b>2</p>"),
        ("<td>1</td><td>2</td>", "12"),
    ] {
        assert_eq!(html.parse::<Note>().unwrap().as_str(), left, "{html}");
        check(left).unwrap();
    }
}

#[test]
fn what_is_pasted_loses_its_dress() {
    for (html, left) in [
        (
            "<meta charset='utf-8'><b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><p dir=\"ltr\" style=\"line-height:1.38\"><span style=\"font-size:11pt\">uno</span></p></b>",
            "<b><p>uno</p></b>",
        ),
        (
            "<html xmlns:o='urn:x'><head><style><!-- p.MsoNormal {margin:0} --></style></head><body lang=ES><!--StartFragment--><p class=MsoNormal>uno<o:p></o:p></p><!--EndFragment--></body></html>",
            "<p>uno</p>",
        ),
        (
            "<table border=0 cellpadding=0 width=128><col width=64 span=2><tr height=20><td class=xl65 align=right>12</td><td>5</td></tr></table>",
            "<table><tbody><tr><td>12</td><td>5</td></tr></tbody></table>",
        ),
    ] {
        assert_eq!(html.parse::<Note>().unwrap().as_str(), left);
        check(left).unwrap();
    }
}

#[test]
fn what_a_technician_writes_stays_byte_for_byte() {
    for html in [
        "Pérdida en la cañería del baño, ñandú ¿sí? ¡ya!",
        "<p>Se cambió la <strong>válvula</strong> de <em>3/4\"</em> &amp; se probó a 2,5 bar.</p>",
        "<h2>Diagnóstico</h2><p>Presión &lt; 1 bar</p><h3>Qué falta</h3>",
        "<ul><li>Codo 90°</li><li>Teflón<ol><li>fino</li><li>grueso</li></ol></li></ul>",
        "<ol><li><p>Cerrar la llave</p></li><li><p>Purgar</p></li></ol>",
        "<p>Manual: <a href=\"https://example.com/m%C3%A1s?a=1&amp;b=2#p\" rel=\"noopener noreferrer nofollow\">acá</a></p>",
        "<p><a href=\"mailto:ana@example.com?subject=Obra\" rel=\"noopener noreferrer nofollow\">Ana</a></p>",
        "<p><a href=\"tel:+5493435551212\" rel=\"noopener noreferrer nofollow\">llamar</a></p>",
        "<a href=\"https://example.com\" rel=\"noopener noreferrer nofollow\">https://example.com</a>",
        "<p>uno<br>dos</p><p><br></p><p>tres</p><hr>",
        "<div>uno</div><div>dos</div>",
        "<blockquote><p>«No calienta», dijo el cliente.</p></blockquote>",
        "<p>10 m<sup>2</sup> de H<sub>2</sub>O, <s>$ 100</s> <u>$ 90</u>, <b><i>urgente</i></b></p>",
        "<pre><code>E04\n  E05\n</code></pre><p><code>reset</code></p>",
        "<table><caption>Lecturas</caption><thead><tr><th>Día</th><th>bar</th></tr></thead><tbody><tr><td>1</td><td>2,5</td></tr></tbody><tfoot><tr><td>x</td></tr></tfoot></table>",
        "<p>👩‍🔧 listo ✅ 中文 العربية עברית</p>",
        "<p>a&nbsp;b</p>\n<p>c</p>",
        "<h1>a</h1><h4>b</h4><h5>c</h5><h6>d</h6>",
    ] {
        assert_eq!(html.parse::<Note>().unwrap().as_str(), html);
        check(html).unwrap();
    }
}

#[test]
fn what_is_seen_is_counted_and_nothing_is_not_taken() {
    for nothing in
        ["", "  ", "<p></p>", "<p>&nbsp;<br></p><hr>", "<script>x</script>", "<!-- x -->", "<img src=x>"]
    {
        assert_eq!(code(nothing), "length.min", "{nothing}");
    }
    let seen = |n: usize| format!("<p><b>{}</b></p><p>{}</p>", "ñ".repeat(n), "&lt;".repeat(9 - n));
    // Nine characters and the line break between them.
    assert!(seen(4).parse::<RichHtml<10>>().is_ok());
    assert_eq!(seen(4).parse::<RichHtml<9>>().unwrap_err().code().name, "length.max");
    let note: Note = "<p>Presión &lt; 1&nbsp;bar</p><ul><li>uno</li></ul>".parse().unwrap();
    assert_eq!(note.text(), "Presión < 1 bar\nuno");
    assert_eq!(format!("{note:?}"), format!("RichHtml({} bytes)", note.as_str().len()));
    assert_eq!((note.to_string(), note.as_ref()), (note.as_str().to_owned(), note.as_str()));
    assert_eq!(note.clone().into_string(), note.as_str());
}

#[test]
fn what_is_kept_is_not_deeper_than_that() {
    let nested = |n: usize| format!("{}x{}", "<div>".repeat(n), "</div>".repeat(n));
    assert_eq!((code(&nested(32)), code(&nested(33))), ("ok", "html.complex"));
    assert_eq!(code(&nested(200).replace("div", "span")), "ok");
    // What no parser can keep apart is not read for ever: a link is closed in eight elements at a time.
    let links = "<a href=https://example.com/><blockquote>x";
    assert_eq!((code(&links.repeat(16)), code(&links.repeat(100))), ("ok", "html.complex"));
}

#[test]
fn it_is_a_field_like_any_other() {
    input! {
        /// A note.
        #[derive(Debug)]
        struct Written {
            #[garde(length(chars, min = 3, max = 5))]
            note: RichHtml<2000>,
        }
    }
    let read =
        |note: &str| validate_json::<Written>(json!({"note": note}).to_string().as_bytes(), &Limits::new());
    let taken = read("<P onclick=x>abc").unwrap();
    assert_eq!(taken.note.as_str(), "<p>abc</p>");
    assert!(!format!("{taken:?}").contains("abc"));
    for (note, code) in [
        ("<p>ab</p>", "length.min"),
        ("<b>abcdef</b>", "length.max"),
        ("<p></p>", "length.min"),
        ("x&#x202e;y", "text.bidi"),
        (&"x".repeat(Note::BYTES + 1), "html.long"),
        (&"<b>x</b>".repeat(600), "html.complex"),
    ] {
        let refused = read(note).unwrap_err();
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.issues()[0].code(), code);
    }
    let stored = serde_json::to_string(&taken.note).unwrap();
    assert_eq!(stored, "\"<p>abc</p>\"");
    assert_eq!(serde_json::from_str::<Note>(&stored).unwrap().as_str(), "<p>abc</p>");
    assert!(serde_json::from_str::<Note>("\"<p></p>\"").is_err());

    let document = schema::of::<Written>();
    let note = &document["$defs"]["Written"]["properties"]["note"];
    assert_eq!((&note["type"], &note["contentMediaType"]), (&json!("string"), &json!("text/html")));
    for example in note["examples"].as_array().unwrap() {
        assert!(code(example.as_str().unwrap()) == "ok");
    }
}

#[test]
fn its_text_is_text() {
    for attack in ATTACKS {
        let note: Note = format!("antes {attack}").parse().unwrap();
        let text: MultilineText<2000> = note.text().parse().unwrap();
        assert_eq!(text.as_str(), note.text(), "{attack}");
    }
}
