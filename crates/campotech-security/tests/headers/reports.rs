//! The sink for browsers' reports: counted by directive, bounded, nothing kept.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use campotech_core::{AnswerBody, ManualClock, RequestId};
use campotech_security::rate_limit::Quota;
use campotech_security::reports::ReportSink;
use campotech_testkit::{HyperServer, RawConnection, RecordingObserver};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::ServiceExt;

const LIST: &str = "application/reports+json";
const SINGLE: &str = "application/csp-report";
const SECRET: &str = "hunter2";

fn post(media_type: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post("/reports").header("content-type", media_type);
    request.body(Full::new(body.into())).unwrap()
}

fn violation(directive: &str, disposition: &str) -> String {
    format!(
        r#"{{"age":0,"type":"csp-violation","url":"https://a/?{SECRET}","user_agent":"{SECRET}","body":{{"documentURL":"https://a/?{SECRET}",
        "effectiveDirective":"{directive}","disposition":"{disposition}","sample":"{SECRET}","blockedURL":"inline","statusCode":200}}}}"#
    )
}

fn sink() -> (ReportSink, Arc<RecordingObserver>) {
    let observer = Arc::new(RecordingObserver::default());
    (ReportSink::new().with_observer(observer.clone()), observer)
}

/// What was decided: guard, verdict, reason.
fn labels(observer: &RecordingObserver) -> Vec<String> {
    observer.lines().iter().map(|line| line.strip_prefix("decision ").unwrap().to_owned()).collect()
}

async fn answer(sink: &ReportSink, request: Request<Full<Bytes>>) -> Response<AnswerBody<Full<Bytes>>> {
    sink.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response<AnswerBody<Full<Bytes>>>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn violations_are_counted_by_directive_and_nothing_is_said() {
    let (sink, observer) = sink();
    let list = [
        violation("script-src-elem", "enforce"),
        violation("script-src-elem", "enforce"),
        violation("img-src", "report"),
        violation(SECRET, "enforce"),
        format!(r#"{{"type":"deprecation","body":{{"id":"{SECRET}"}}}}"#),
    ];
    let response = answer(&sink, post(LIST, format!("[{}]", list.join(",")))).await;
    assert_eq!(response.status(), 204);
    assert!(!response.headers().contains_key("content-type"));
    assert_eq!(text(response).await, "");
    assert_eq!(
        labels(&observer),
        [
            "reports allowed ok",
            "csp reported script-src-elem",
            "csp reported script-src-elem",
            "csp reported other",
            "csp_report_only reported img-src",
            "reports reported other_type",
        ]
    );
    let single =
        format!(r#"{{"csp-report":{{"violated-directive":"font-src 'self'","document-uri":"{SECRET}"}}}}"#);
    let response = answer(&sink, post("application/csp-report; charset=utf-8", single)).await;
    assert_eq!(response.status(), 204);
    assert_eq!(labels(&observer).last().unwrap(), "csp reported font-src");
}

#[tokio::test]
async fn what_is_no_report_is_a_problem_that_repeats_nothing() {
    let huge = format!("[{}]", vec![violation("img-src", "enforce"); 300].join(","));
    let get = Request::get("/reports").body(Full::default()).unwrap();
    let untyped = Request::post("/reports").body(Full::from("[]")).unwrap();
    let mut twice = post(LIST, "[]");
    twice.headers_mut().append("content-type", SINGLE.parse().unwrap());
    #[rustfmt::skip]
    let rows = [
        (get, 405, "method"),
        (untyped, 415, "media_type"),
        (twice, 415, "media_type"),
        (post("application/json", "[]"), 415, "media_type"),
        (post(LIST, huge), 413, "size"),
        (post(LIST, format!("[{SECRET}]")), 400, "syntax"),
        (post(LIST, format!(r#"[{{"type":"{SECRET}"}}"#)), 400, "syntax"),
        (post(LIST, ""), 400, "syntax"),
        (post(LIST, "[1]"), 400, "syntax"),
        (post(SINGLE, "[]"), 400, "syntax"),
        (post(SINGLE, vec![0xff; 100]), 400, "syntax"),
        (post(SINGLE, b"{\"csp-report\":{\"unread\":\"\xcd\"}}".to_vec()), 400, "syntax"),
    ];
    for (mut request, status, reason) in rows {
        let (sink, observer) = sink();
        let id = RequestId::generate();
        request.extensions_mut().insert(id.clone());
        let response = answer(&sink, request).await;
        assert_eq!(response.status(), status, "{reason}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(
            response.headers().get("allow").map(HeaderValue::as_bytes),
            (status == 405).then_some(&b"POST"[..])
        );
        assert_eq!(response.headers().contains_key("accept"), status == 415);
        let text = text(response).await;
        assert!(text.contains(&format!("urn:campotech:request:{id}")), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(labels(&observer), [format!("reports refused {reason}")]);
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_counted_up_to_its_number() {
    let (sink, observer) = sink();
    let sink = sink.with_max_bytes(8 << 10).unwrap().with_max_reports(2).unwrap();
    let reports = vec![violation("img-src", "enforce"); 9].join(",");
    assert_eq!(answer(&sink, post(LIST, format!("[{reports}]"))).await.status(), 204);
    let img = "csp reported img-src";
    assert_eq!(labels(&observer), ["reports allowed ok", img, img, "reports reported unread"]);

    // Nothing is announced: the limit is met on the way.
    let server = HyperServer::start(sink).await;
    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    let head =
        format!("POST /r HTTP/1.1\r\nhost: a\r\ncontent-type: {LIST}\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.send(&head).await.unwrap();
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    connection.send(&chunk).await.unwrap();
    connection.send(&chunk).await.unwrap();
    connection.send("1\r\n \r\n").await.unwrap();
    let answer = connection.receive().await.unwrap();
    assert_eq!(answer.status, 413);
    assert_eq!(answer.headers["connection"], "close");

    let mut connection = RawConnection::open(server.addr()).await.unwrap();
    connection.send(&head).await.unwrap();
    let list = format!("[{}]", violation("img-src", "enforce"));
    let (first, second) = list.split_at(100);
    connection
        .send(&format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len()))
        .await
        .unwrap();
    assert_eq!(connection.receive().await.unwrap().status, 204);
    assert_eq!(labels(&observer).last().unwrap(), img);
}

#[tokio::test]
async fn bodies_are_read_within_a_quota_of_all_clients() {
    let clock = ManualClock::new();
    let (sink, observer) = sink();
    let sink = sink.with_clock(clock.clone()).with_quota(Quota::per_minute(2)).unwrap();
    let statuses = async |times: usize| {
        let mut statuses = Vec::new();
        for _ in 0..times {
            let response = sink.clone().oneshot(post(LIST, "[]")).await.unwrap();
            statuses.push((response.status().as_u16(), response.headers().get("retry-after").cloned()));
        }
        statuses
    };
    let limited = (429, Some("30".parse().unwrap()));
    assert_eq!(statuses(3).await, [(204, None), (204, None), limited.clone()]);
    assert_eq!(labels(&observer).last().unwrap(), "reports refused quota");
    clock.advance(Duration::from_secs(30));
    assert_eq!(statuses(2).await, [(204, None), limited]);
    // What is refused unread counts against nobody.
    clock.advance(Duration::from_secs(30));
    assert_eq!(sink.clone().oneshot(post("text/plain", "")).await.unwrap().status(), 415);
    assert_eq!(statuses(1).await[0].0, 204);
}

#[test]
fn limits_are_checked_where_they_are_set() {
    for (refused, code) in [
        (ReportSink::new().with_max_bytes(100).err(), "range"),
        (ReportSink::new().with_max_bytes(2 << 20).err(), "range"),
        (ReportSink::new().with_max_reports(0).err(), "range"),
        (ReportSink::new().with_quota(Quota::per_minute(0)).err(), "quota_range"),
    ] {
        assert_eq!(refused.map(|error| error.code()), Some(code));
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_counted_or_refused(body in proptest::collection::vec(any::<u8>(), 0..400), single: bool) {
        let (sink, observer) = sink();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let media_type = if single { SINGLE } else { LIST };
        let status = runtime.block_on(answer(&sink, post(media_type, body))).status();
        prop_assert!(status == 204 || status == 400);
        let decided = if status == 204 { "reports allowed ok" } else { "reports refused syntax" };
        prop_assert_eq!(&labels(&observer)[0], decided);
    }

    #[test]
    fn whatever_a_report_says_its_labels_are_of_a_closed_set(directive in "\\PC{0,20}", disposition in "\\PC{0,10}") {
        let (sink, observer) = sink();
        let report = serde_json::json!([{"type": "csp-violation", "body": {"effectiveDirective": directive, "disposition": disposition}}]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert_eq!(runtime.block_on(answer(&sink, post(LIST, report.to_string()))).status(), 204);
        let told = labels(&observer).pop().unwrap();
        let (guard, reason) = told.split_once(" reported ").unwrap();
        prop_assert!(guard == "csp" || guard == "csp_report_only");
        prop_assert!(reason == "other" || campotech_security::headers::Directive::parse(reason).is_ok());
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn it_is_a_route_of_axum() {
    let (sink, observer) = sink();
    let router = axum::Router::new().route("/reports", axum::routing::post_service(sink));
    let request = post(LIST, format!("[{}]", violation("base-uri", "enforce"))).map(axum::body::Body::new);
    assert_eq!(router.oneshot(request).await.unwrap().status(), 204);
    assert_eq!(labels(&observer).last().unwrap(), "csp reported base-uri");
}
