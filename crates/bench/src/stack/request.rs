//! What a browser sends: twelve headers, and with a job its body and where the page is from.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST,
    HeaderName, ORIGIN, REFERER, USER_AGENT,
};
use http::{HeaderValue, Method, Request, Uri};

/// 294 bytes.
const JOB: &str = r#"{"title":"Replace kitchen sink trap and check pipes","customer_phone":"+54 9 11 1234-5678","email":"maria.gonzalez@example.com.ar","description":"Water leaks under the sink since Monday. The trap looks corroded and one supply line drips. Please bring a new trap and sealant.","priority":"high"}"#;

/// Asks whether the service is there.
pub fn get() -> Request<Body> {
    sent(Method::GET, "/api/ping", Body::empty())
}

/// Hands in a job.
pub fn post() -> Request<Body> {
    let mut request = sent(Method::POST, "/api/jobs", Body::from(JOB));
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("294"));
    headers.insert(ORIGIN, HeaderValue::from_static("http://127.0.0.1:4000"));
    request
}

/// What every request has.
pub const HEADERS: [(HeaderName, &str); 12] = [
    (HOST, "127.0.0.1:4000"),
    (CONNECTION, "keep-alive"),
    (USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (ACCEPT, "application/json, text/plain, */*"),
    (ACCEPT_LANGUAGE, "es-AR,es;q=0.8,en-US;q=0.5,en;q=0.3"),
    (ACCEPT_ENCODING, "gzip, deflate, br, zstd"),
    (REFERER, "http://127.0.0.1:4000/jobs"),
    (COOKIE, "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark"),
    (HeaderName::from_static("sec-fetch-dest"), "empty"),
    (HeaderName::from_static("sec-fetch-mode"), "cors"),
    (HeaderName::from_static("sec-fetch-site"), "same-origin"),
    (HeaderName::from_static("priority"), "u=4"),
];

fn sent(method: Method, path: &'static str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_static(path);
    let headers = request.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_as_long_as_it_says() {
        assert_eq!(JOB.len(), 294);
    }
}
