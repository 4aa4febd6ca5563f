//! Every route that takes a body, under every fault that a body can have: the right problem, and nothing stored.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use serde_json::{Value, json};
use support::{Ask, Backend, PASSWORD, Row, check, fault, items, on_every_backend, problem, row};

on_every_backend! { every_fault_on_every_route_changes_nothing, every_wrong_value_is_told_and_changes_nothing, all_faults_are_told_at_once_in_the_language_of_the_request }

/// Quotas out of the way.
const FREE: [(&str, &str); 2] =
    [("CAMPOTECH_RATE_AUTH", "5000/15m"), ("CAMPOTECH_RATE_STANDARD", "100000/1m")];

/// A route that takes JSON.
#[derive(Clone)]
struct Route {
    method: &'static str,
    path: String,
    token: Option<String>,
    /// The smallest body that it takes, and what it answers then.
    valid: Value,
    accepted: u16,
    /// One of its members that holds a text.
    member: &'static str,
}

impl Route {
    fn bare(&self) -> Ask<'_> {
        let ask = Ask::new(self.method, &self.path);
        self.token.iter().fold(ask, |ask, token| ask.bearer(token))
    }

    fn typed(&self, content_type: &str, body: impl AsRef<[u8]>) -> Ask<'_> {
        self.bare().header("content-type", content_type).body(body)
    }

    fn json(&self, body: impl AsRef<[u8]>) -> Ask<'_> {
        self.typed("application/json", body)
    }

    fn with(&self, name: &str, value: Value) -> Ask<'_> {
        let mut body = self.valid.clone();
        body[name] = value;
        self.json(body.to_string())
    }
}

fn routes(token: &str, job: &str) -> [Route; 5] {
    let route = |method, path: &str, accepted, member, valid| {
        let token = (!path.starts_with("/api/v1/auth/")).then(|| token.to_owned());
        Route { method, path: path.to_owned(), token, valid, accepted, member }
    };
    let phone = "011 15 2345-6789";
    [
        route(
            "POST",
            "/api/v1/auth/register",
            201,
            "name",
            json!({"email": "nueva@example.com", "password": PASSWORD, "name": "Nueva"}),
        ),
        route(
            "POST",
            "/api/v1/auth/login",
            200,
            "password",
            json!({"email": "ana@example.com", "password": PASSWORD}),
        ),
        route(
            "POST",
            "/api/v1/jobs",
            201,
            "title",
            json!({"title": "x", "customer_phone": phone, "priority": "low"}),
        ),
        route("PATCH", &format!("/api/v1/jobs/{job}"), 200, "status", json!({"status": "assigned"})),
        route(
            "POST",
            "/api/v1/customers",
            201,
            "name",
            json!({"name": "B", "email": "b@example.com", "phone": phone}),
        ),
    ]
}

/// The one list of faults.
fn faults(route: &Route) -> Vec<Row<'_>> {
    let Route { member, valid, .. } = route;
    let text = valid.to_string();
    let open = text.strip_suffix('}').unwrap();
    let escaped = format!("\\u{:04x}{}", u32::from(member.as_bytes()[0]), &member[1..]);
    let many = (0..10_000).map(|n| format!(",\"k{n}\":1")).collect::<String>();
    let mut missing = valid.clone();
    missing.as_object_mut().unwrap().remove(*member);
    let json = |body: &str| route.json(body);
    let utf8 = [b"{\"", member.as_bytes(), b"\":\"\xff\"}"].concat();
    let mut rows = vec![
        fault("malformed", 400, "json.syntax", json(&format!("{{\"{member}\": hunter2}}"))),
        fault("truncated", 400, "json.syntax", json(open)),
        fault("garbage after it", 400, "json.trailing", json(&format!("{text} hunter2"))),
        fault("nothing but a blank", 400, "json.syntax", json(" ")),
        fault("nothing", 400, "json.empty", json("")),
        fault("a list", 422, "type", json(&format!("[{text}]"))),
        fault("a text", 422, "type", json("\"hunter2\"")),
        fault("null in its place", 422, "type", json("null")),
        fault("invalid UTF-8", 400, "json.utf8", route.json(utf8)),
        fault("a byte order mark", 400, "json.bom", json(&format!("\u{feff}{text}"))),
        fault("a lone surrogate", 400, "json.surrogate", json(&format!("{{\"{member}\":\"\\ud800\"}}"))),
        fault("deep", 400, "json.depth", json(&format!("{{\"{member}\":{}", "[".repeat(100_000)))),
        fault("10,000 members", 400, "json.nodes", json(&format!("{open}{many}}}"))),
        fault("a member twice", 400, "duplicate", json(&format!("{open},\"{member}\":\"hunter2\"}}"))),
        fault("twice, escaped", 400, "duplicate", json(&format!("{open},\"{escaped}\":\"hunter2\"}}"))),
        fault("an unknown member", 422, "unknown", route.with("color", json!("hunter2"))),
        fault("a prototype", 422, "unknown", route.with("__proto__", json!({"role": "hunter2"}))),
        fault("a missing member", 422, "missing", json(&missing.to_string())),
        fault("no member at all", 422, "missing", json("{}")),
        fault("no content type", 415, "content_type.missing", route.bare().body(&text)),
        fault(
            "two content types",
            415,
            "content_type.repeated",
            json(&text).header("content-type", "application/json"),
        ),
        row("an unknown coding", 415, json(&text).header("content-encoding", "compress")),
        row("a coding that it hasn't", 400, json(&text).header("content-encoding", "gzip")),
        row("oversize", 413, route.json([text.as_bytes(), &vec![b' '; 300 * 1024]].concat())),
    ];
    for wrong in [json!(7), json!(true), json!(null), json!(["hunter2"]), json!({"hunter2": 1})] {
        rows.push(fault(format!("{wrong} for a text"), 422, "type", route.with(member, wrong)));
    }
    for content_type in ["application/x-www-form-urlencoded", "text/json", "text/plain", "application/jsonp"]
    {
        rows.push(fault(content_type, 415, "content_type.unsupported", route.typed(content_type, &text)));
    }
    for charset in ["utf-7", "utf-16", "iso-8859-1"] {
        let content_type = format!("application/json; charset={charset}");
        rows.push(fault(charset, 415, "content_type.charset", route.typed(&content_type, &text)));
    }
    for row in &mut rows {
        row.name = format!("{} {}: {}", route.method, route.path, row.name);
    }
    rows
}

async fn every_fault_on_every_route_changes_nothing(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = server.create_job(1, &token, "Antes").await;
    let routes = routes(&token, job["id"].as_str().unwrap());
    for route in &routes {
        check(&server, faults(route)).await;
        let untyped = server.ask(route.bare().body("{}")).await;
        assert_eq!(untyped.headers.contains_key("accept-patch"), route.method == "PATCH", "RFC 5789, 2.2");
    }

    assert_eq!(items(&server, &token, "/api/v1/jobs").await, [job], "neither another nor a changed one");
    assert_eq!(items(&server, &token, "/api/v1/customers").await, [] as [Value; 0]);
    let nobody = json!({"email": "nueva@example.com", "password": PASSWORD});
    let refused = server.ask(Ask::new("POST", "/api/v1/auth/login").from(2).json(&nobody)).await;
    assert_eq!(problem(&refused)["status"], 401, "nobody was registered");

    // Each body was wrong by its one fault only, and none of them counted as a failed login.
    for route in &routes {
        let answer = server.ask(route.json(route.valid.to_string())).await;
        assert_eq!(answer.status, route.accepted, "{} {}: {}", route.method, route.path, answer.text());
    }
}

async fn every_wrong_value_is_told_and_changes_nothing(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = server.create_job(1, &token, "Antes").await;
    let [register, login, create, change, customer] = routes(&token, job["id"].as_str().unwrap());
    let marks = format!("a{}", "\u{301}".repeat(50));
    let own = json!("maria.hunter2@example.com");
    let mut rows = Vec::new();
    for (route, member, code, wrong) in [
        (&register, "password", "password.short", json!("hunter2")),
        (&register, "password", "password.common", json!("passwordpassword")),
        (&register, "password", "password.pattern", json!("a".repeat(30))),
        (&register, "password", "password.long", json!("ab c".repeat(5_000))),
        (&register, "email", "email.syntax", json!("hunter2")),
        (&register, "email", "email.domain", json!("hunter2@")),
        (&register, "email", "email.length", json!(format!("a@{}com", "b.".repeat(200)))),
        (&register, "email", "text.line", json!("a@b.com\r\nBcc: hunter2@x.com")),
        (
            &register,
            "email",
            "email.length",
            json!(format!("{}@{}com", "a".repeat(64), format!("{}.", "b".repeat(63)).repeat(3))),
        ),
        (&register, "name", "length.min", json!("")),
        (&register, "name", "length.max", json!("x".repeat(121))),
        (&login, "email", "email.syntax", json!("hunter2")),
        (&create, "title", "length.min", json!(" ")),
        (&create, "title", "length.max", json!("x".repeat(121))),
        (&create, "title", "text.control", json!("a\u{0}b")),
        (&create, "title", "text.line", json!("a\nb")),
        (&create, "title", "text.bidi", json!("a\u{202e}b")),
        (&create, "title", "text.invisible", json!("a\u{200b}b")),
        (&create, "title", "text.noncharacter", json!("a\u{ffff}b")),
        (&create, "title", "text.marks", json!(marks)),
        (&create, "description", "length.max", json!("x".repeat(2_001))),
        (&create, "customer_phone", "phone.invalid", json!("hunter2")),
        (&create, "customer_email", "email.domain", json!("hunter2@")),
        (&create, "priority", "value", json!("hunter2")),
        (&create, "scheduled_at", "timestamp.offset", json!("2026-12-01T09:00:00")),
        (&create, "scheduled_at", "timestamp.invalid", json!("2026-02-30T09:00:00Z")),
        (&change, "status", "value", json!("hunter2")),
        (&change, "status", "value", json!("Open")),
        (&customer, "name", "length.min", json!(" ")),
        (&customer, "email", "email.syntax", json!("hunter2")),
        (&customer, "phone", "phone.country", json!("+1 202 555 0123")),
        (&customer, "cuit", "cuit.check", json!("20-12345678-5")),
        (&customer, "cuit", "cuit.format", json!("hunter2")),
        (&customer, "cuit", "cuit.prefix", json!("99-12345678-5")),
    ] {
        let name = format!("{} {member} {code}", route.path);
        rows.push(fault(name, 422, code, route.with(member, wrong)));
    }
    let mut personal = register.valid.clone();
    (personal["email"], personal["password"]) = (own.clone(), own);
    rows.push(fault(
        "the address as password",
        422,
        "password.personal",
        register.json(personal.to_string()),
    ));
    check(&server, rows).await;
    assert_eq!(items(&server, &token, "/api/v1/jobs").await, [job]);
    assert_eq!(items(&server, &token, "/api/v1/customers").await, [] as [Value; 0]);
}

async fn all_faults_are_told_at_once_in_the_language_of_the_request(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let body = json!({"title": 7, "priority": "no", "customer_phone": "1", "what": 1});
    let ask = Ask::new("POST", "/api/v1/jobs").bearer(&token).json(&body);
    let faults = server.ask(ask.header("accept-language", "es-AR")).await;
    assert_eq!(faults.headers["content-language"], "es-AR");
    let faults = problem(&faults);
    let mut pointers: Vec<_> =
        faults["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["#/customer_phone", "#/priority", "#/title", "#/what"]);
}
