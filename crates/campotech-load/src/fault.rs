//! A proxy that makes a server slow or wrong, to see that a run notices.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use campotech_testkit::HyperServer;
use http::header::{CONNECTION, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tower::service_fn;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// Each answer comes so much later.
    Delay(Duration),
    /// Each request of so many is answered 500.
    Errors(u64),
}

type Body = BoxBody<Bytes, hyper::Error>;
type Forward = Client<HttpConnector, Incoming>;

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "is no fault, for example delay=600ms or errors=1/500".to_owned();
        match text.split_once('=').ok_or_else(wrong)? {
            ("delay", time) => {
                let millis = time.strip_suffix("ms").and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
                Ok(Self::Delay(Duration::from_millis(millis)))
            }
            ("errors", share) => {
                let one_of = share.strip_prefix("1/").and_then(|text| text.parse().ok());
                one_of.filter(|count| *count > 0).map(Self::Errors).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

impl Fault {
    /// A proxy before `server` that has it.
    pub(crate) async fn before(self, server: SocketAddr) -> HyperServer {
        let client: Forward = Client::builder(TokioExecutor::new()).build_http();
        let asked = Arc::new(AtomicU64::new(0));
        HyperServer::start(service_fn(move |request| {
            let (client, asked) = (client.clone(), Arc::clone(&asked));
            async move {
                let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
                match self {
                    Self::Delay(time) => tokio::time::sleep(time).await,
                    Self::Errors(share) if number.is_multiple_of(share) => {
                        return Ok(status(StatusCode::INTERNAL_SERVER_ERROR));
                    }
                    Self::Errors(_) => {}
                }
                Ok::<_, Infallible>(forward(&client, server, request).await)
            }
        }))
        .await
    }
}

async fn forward(client: &Forward, server: SocketAddr, mut request: Request<Incoming>) -> Response<Body> {
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = server.to_string().parse::<Authority>().ok();
    let Ok(uri) = Uri::from_parts(parts) else { return status(StatusCode::BAD_REQUEST) };
    *request.uri_mut() = uri;
    let theirs = request.headers().contains_key(UPGRADE).then(|| hyper::upgrade::on(&mut request));
    // Hop by hop, but for an upgrade, which both hops make.
    if theirs.is_none() {
        request.headers_mut().remove(CONNECTION);
    }
    let Ok(mut answer) = client.request(request).await else { return status(StatusCode::BAD_GATEWAY) };
    if let Some(theirs) = theirs
        && answer.status() == StatusCode::SWITCHING_PROTOCOLS
    {
        let ours = hyper::upgrade::on(&mut answer);
        tokio::spawn(async move {
            if let (Ok(theirs), Ok(ours)) = tokio::join!(theirs, ours) {
                let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
                let _ = tokio::io::copy_bidirectional(&mut theirs, &mut ours).await;
            }
        });
    }
    answer.map(BodyExt::boxed)
}

fn status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        assert_eq!("delay=600ms".parse(), Ok(Fault::Delay(Duration::from_millis(600))));
        assert_eq!("errors=1/500".parse(), Ok(Fault::Errors(500)));
        for wrong in ["", "delay", "delay=1s", "errors=1/0", "errors=0.2%", "slow=1ms"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
