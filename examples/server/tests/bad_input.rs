//! Every route under bad input: the right problem, and nothing stored.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use serde_json::{Value, json};
use support::{Ask, Server, problem, text_message};

const ID: &str = "0199b1c8-8f3a-7cc0-b7f0-5a1f2f1b1c11";

struct Row<'a> {
    name: &'a str,
    ask: Ask<'a>,
    status: u16,
    code: Option<&'a str>,
}

fn row<'a>(name: &'a str, status: u16, code: Option<&'a str>, ask: Ask<'a>) -> Row<'a> {
    Row { name, ask, status, code }
}

async fn check(server: &Server, rows: Vec<Row<'_>>) {
    for (n, Row { name, ask, status, code }) in rows.into_iter().enumerate() {
        // Addresses of their own, so that no quota is in the way.
        let response = server.ask(ask.from(100 + u8::try_from(n % 100).unwrap())).await;
        assert_eq!(response.status, status, "{name}: {}", response.text());
        let problem = problem(&response);
        assert!(!response.text().contains("hunter2"), "{name} is echoed");
        if let Some(code) = code {
            let codes: Vec<_> =
                problem["errors"].as_array().into_iter().flatten().map(|e| &e["code"]).collect();
            assert!(codes.contains(&&json!(code)), "{name}: {codes:?} lacks {code}");
        }
    }
}

fn json_body<'a>(method: &'a str, path: &'a str, token: &str, body: impl AsRef<[u8]>) -> Ask<'a> {
    Ask::new(method, path).bearer(token).header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn bodies() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let jobs = |body: &[u8]| json_body("POST", "/api/v1/jobs", &token, body);
    let job = |patch: Value| {
        let mut job = json!({"title": "x", "customer_phone": "011 15 2345-6789", "priority": "low"});
        job.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        jobs(job.to_string().as_bytes())
    };
    let deep = [b"[".repeat(100_000)].concat();
    let members =
        |many: u32| format!("{{{}}}", (0..many).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    check(
        &server,
        vec![
            row("malformed", 400, None, jobs(b"{\"title\": hunter2")),
            row("empty", 400, None, jobs(b" ")),
            row("not an object", 422, Some("type"), jobs(b"[]")),
            row("truncated", 400, None, jobs(b"{\"title\":\"hunter2\"")),
            row("garbage after", 400, None, jobs(b"{} hunter2")),
            row("invalid UTF-8", 400, None, jobs(b"{\"title\":\"\xff\"}")),
            row("BOM", 400, None, jobs(b"\xef\xbb\xbf{}")),
            row("lone surrogate", 400, None, jobs(br#"{"title":"\ud800"}"#)),
            row("deep", 400, None, jobs(&deep)),
            row("duplicate key", 400, None, jobs(br#"{"title":"a","title":"hunter2"}"#)),
            row("escaped duplicate key", 400, None, jobs(br#"{"title":"a","\u0074itle":"hunter2"}"#)),
            row("10,000 unknown keys", 400, Some("json.nodes"), jobs(members(10_000).as_bytes())),
            row("1,000 unknown keys", 422, Some("unknown"), jobs(members(1_000).as_bytes())),
            row("missing", 422, Some("missing"), jobs(b"{}")),
            row("unknown", 422, Some("unknown"), job(json!({"color": "hunter2"}))),
            row("prototype", 422, Some("unknown"), job(json!({"__proto__": {}}))),
            row("wrong type", 422, Some("type"), job(json!({"title": 7}))),
            row("null", 422, Some("type"), job(json!({"title": null}))),
            row("wrong value", 422, Some("value"), job(json!({"priority": "hunter2"}))),
            row("too long", 422, None, job(json!({"title": "x".repeat(121)}))),
            row("control characters", 422, None, job(json!({"title": "a\u{0}b"}))),
            row("right-to-left override", 422, None, job(json!({"title": "a\u{202e}b"}))),
            row(
                "combining marks",
                422,
                None,
                job(json!({"title": format!("a{}", "\u{301}".repeat(10_000))})),
            ),
            row("no phone", 422, None, job(json!({"customer_phone": "hunter2"}))),
            row("no email", 422, None, job(json!({"customer_email": "hunter2@"}))),
            row("time without offset", 422, None, job(json!({"scheduled_at": "2026-12-01T09:00:00"}))),
            row("impossible time", 422, None, job(json!({"scheduled_at": "2026-02-30T09:00:00Z"}))),
            row("no content type", 415, None, Ask::new("POST", "/api/v1/jobs").bearer(&token).body("{}")),
            row(
                "form",
                415,
                None,
                Ask::new("POST", "/api/v1/jobs")
                    .bearer(&token)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body("title=hunter2"),
            ),
            row(
                "text/json",
                415,
                None,
                Ask::new("POST", "/api/v1/jobs")
                    .bearer(&token)
                    .header("content-type", "text/json")
                    .body("{}"),
            ),
            row(
                "utf-7",
                415,
                None,
                Ask::new("POST", "/api/v1/jobs")
                    .bearer(&token)
                    .header("content-type", "application/json;charset=utf-7")
                    .body("{}"),
            ),
            row("two content types", 415, None, jobs(b"{}").header("content-type", "application/json")),
            row("content coding", 415, None, jobs(b"{}").header("content-encoding", "compress")),
            row("oversize", 413, None, jobs(&vec![b' '; 300 * 1024])),
        ],
    )
    .await;
    let faults =
        server.ask(job(json!({"title": 7, "priority": "no", "customer_phone": "1", "what": 1}))).await;
    let faults = problem(&faults);
    let mut pointers: Vec<_> =
        faults["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["#/customer_phone", "#/priority", "#/title", "#/what"], "all at once");
    let list = server.json(Ask::new("GET", "/api/v1/jobs").bearer(&token), 200).await;
    assert_eq!(list["items"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn accounts_and_customers() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let register = |patch: Value| {
        let mut body = json!({"email": "b@example.com", "password": support::PASSWORD, "name": "B"});
        body.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        Ask::new("POST", "/api/v1/auth/register").json(&body)
    };
    let customer = |patch: Value| {
        let mut body = json!({"name": "B", "email": "b@example.com", "phone": "011 15 2345-6789"});
        body.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        Ask::new("POST", "/api/v1/customers").bearer(&token).json(&body)
    };
    check(
        &server,
        vec![
            row("short password", 422, None, register(json!({"password": "hunter2"}))),
            row("common password", 422, None, register(json!({"password": "passwordpassword"}))),
            row("repeated password", 422, None, register(json!({"password": "a".repeat(30)}))),
            row("endless password", 422, None, register(json!({"password": "ab c".repeat(5_000)}))),
            row(
                "own address as password",
                422,
                None,
                register(
                    json!({"email": "maria.hunter2@example.com", "password": "maria.hunter2@example.com"}),
                ),
            ),
            row("address without a domain", 422, None, register(json!({"email": "hunter2"}))),
            row(
                "address with a line break",
                422,
                None,
                register(json!({"email": "a@b.com\r\nBcc: hunter2@x.com"})),
            ),
            row("unknown field", 422, Some("unknown"), register(json!({"role": "admin"}))),
            row("wrong CUIT", 422, None, customer(json!({"cuit": "20-12345678-5"}))),
            row("no name", 422, None, customer(json!({"name": " "}))),
            row("foreign phone", 422, None, customer(json!({"phone": "+1 202 555 0123"}))),
        ],
    )
    .await;
    let list = server.json(Ask::new("GET", "/api/v1/customers").bearer(&token), 200).await;
    assert_eq!(list["items"], json!([]));
    let spanish =
        server.ask(register(json!({"password": "corta"})).from(9).header("accept-language", "es-AR")).await;
    assert_eq!(spanish.headers["content-language"], "es-AR");
}

#[tokio::test]
async fn paths_methods_and_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = format!("/api/v1/jobs/{ID}");
    let long = format!("/api/v1/jobs?cursor={}", "a".repeat(10_000));
    let get = |path| Ask::new("GET", path).bearer(&token);
    let mut rows = vec![
        row("traversal", 400, None, get("/api/v1/jobs/../../etc/passwd")),
        row("encoded traversal", 400, None, get("/api/v1/jobs/%2e%2e%2f%2e%2e%2fetc")),
        row("doubly encoded traversal", 400, None, get("/api/v1/jobs/%252e%252e%252f")),
        row("NUL", 400, None, get("/api/v1/jobs/%00")),
        row("overlong UTF-8", 400, None, get("/api/v1/jobs/%c0%af")),
        row("NUL in the query", 400, None, get("/api/v1/jobs?cursor=%00")),
        row("long target", 414, None, get(&long)),
        row("no id", 400, None, get("/api/v1/jobs/hunter2")),
        row("id without hyphens", 400, None, get("/api/v1/jobs/0199b1c88f3a7cc0b7f05a1f2f1b1c11")),
        row("nobody's job", 404, None, get(&job)),
        row("no such route", 404, None, get("/api/v2/hunter2")),
        row("handshake without parameters", 400, None, Ask::new("GET", "/webhooks/whatsapp")),
    ];
    for path in ["/api/v1/jobs", "/api/v1/customers", "/api/v1/events", job.as_str()] {
        rows.push(row("no token", 401, None, Ask::new("GET", path)));
        rows.push(row(
            "unknown token",
            401,
            None,
            Ask::new("GET", path).bearer("hunter2hunter2hunter2hunter2hunter2hunter2h"),
        ));
        rows.push(row(
            "basic",
            401,
            None,
            Ask::new("GET", path).header("authorization", "Basic aHVudGVyMg=="),
        ));
        rows.push(row("two tokens", 401, None, Ask::new("GET", path).bearer(&token).bearer(&token)));
        rows.push(row("unknown method", 405, None, Ask::new("BREW", path).bearer(&token)));
    }
    check(&server, rows).await;
    let allowed = server.ask(Ask::new("DELETE", "/api/v1/jobs").bearer(&token).from(3)).await;
    let allow = allowed.headers["allow"].to_str().unwrap();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
}

#[tokio::test]
async fn callbacks() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let body = text_message("wamid.1", "5491123456789", "Hola");
    let signed = server.callback(&body);
    let other = |name: &str, value: &str| {
        let mut ask = signed.clone();
        ask.headers.retain(|(n, _)| *n != name);
        ask.headers.push(("x-probe", String::new()));
        ask.headers.push((
            if name == "content-type" { "content-type" } else { "x-hub-signature-256" },
            value.to_owned(),
        ));
        ask
    };
    let mut unsigned = signed.clone();
    unsigned.headers.retain(|(name, _)| *name != "x-hub-signature-256");
    let mut altered = signed.clone();
    altered.body.push(b' ');
    let token = server.secrets().verify_token;
    let wrong = "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=hunter2&hub.challenge=1";
    check(
        &server,
        vec![
            row("no signature", 401, None, unsigned),
            row("another body", 401, None, altered),
            row(
                "another signature",
                401,
                None,
                other("x-hub-signature-256", &format!("sha256={}", "0".repeat(64))),
            ),
            row("half a signature", 401, None, other("x-hub-signature-256", "sha256=00")),
            row("sha1", 401, None, other("x-hub-signature-256", &format!("sha1={}", "0".repeat(40)))),
            row("another media type", 415, None, other("content-type", "text/plain")),
            row("a coding", 415, None, signed.clone().header("content-encoding", "gzip")),
            row("wrong verify token", 403, None, Ask::new("GET", wrong)),
        ],
    )
    .await;
    let right =
        format!("/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
    let answer = server.get(5, &right).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "1158201444"));

    // Signed and unknown: 200, counted, nothing stored.
    for body in [
        r#"{"object":"page"}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{}}]}]}"#,
    ] {
        assert_eq!(server.ask(server.callback(body)).await.status, 200);
    }
    let unknown = r#"validation_failures_total{path="/webhooks/whatsapp",code="whatsapp.unknown"}"#;
    assert_eq!(server.metric(unknown).await, 2.0);
    let token = server.log_in(1, "ana@example.com").await;
    let list = server.json(Ask::new("GET", "/api/v1/jobs").bearer(&token), 200).await;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn without_secrets_the_webhook_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[("CAMPOTECH_LISTEN", "0.0.0.0:0")]);
    let port = server.addr.port();
    let mut connection = campotech_testkit::RawConnection::open(([127, 0, 0, 1], port).into()).await.unwrap();
    connection
        .send("POST /webhooks/whatsapp HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        .await
        .unwrap();
    assert_eq!(problem(&connection.receive().await.unwrap())["status"], 503);
    assert!(server.banner.contains("answers 503"), "{}", server.banner);
}

#[tokio::test]
async fn endless_and_slow_bodies() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[("CAMPOTECH_REQUEST_DEADLINE", "1s")]).ready().await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let mut slow = campotech_testkit::RawConnection::open(server.addr).await.unwrap();
    slow.send(format!("{head}content-length: 100\r\n\r\n{{\"email\":")).await.unwrap();
    let response = slow.receive().await.unwrap();
    assert_eq!(problem(&response)["status"], 408);
    assert_eq!(response.headers["connection"], "close");

    let mut endless = campotech_testkit::RawConnection::open(server.addr).await.unwrap();
    endless.send(format!("{head}transfer-encoding: chunked\r\n\r\n")).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(65_536));
    for _ in 0..20 {
        if endless.send(&chunk).await.is_err() {
            break;
        }
    }
    assert_eq!(problem(&endless.receive().await.unwrap())["status"], 413);
}
