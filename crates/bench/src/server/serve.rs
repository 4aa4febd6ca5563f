//! The servers: the stack, and what it is compared with, all with the same answer to the same request.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum_prometheus::metrics_exporter_prometheus::PrometheusHandle;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::service::runtime;
use crate::stack::{assembled, bare, ours};

pub const OURS: &str = "ours";
pub const HYPER: &str = "hyper";
pub const AXUM: &str = "axum";
pub const ASSEMBLED: &str = "assembled";

/// Prints where it listens, and serves until it is ended, or whoever has started it is.
///
/// # Errors
/// There is no such server, or it can't listen.
pub fn serve(who: &str) -> Result<(), String> {
    // It has a runtime of its own for a moment, which must not be within another.
    let peers = (who == ASSEMBLED).then(assembled::router);
    let serving = async {
        match (who, peers) {
            (OURS, _) => whole().await,
            (HYPER, _) => listening(hyper).await,
            (AXUM, _) => listening(|listener| routed(listener, bare::routes())).await,
            (_, Some((router, metrics))) => {
                tokio::spawn(kept_up(metrics));
                listening(|listener| routed(listener, router)).await
            }
            _ => Err(std::io::Error::other("nobody that serves")),
        }
    };
    let served = runtime().block_on(async {
        tokio::select! {
            served = serving => served,
            () = left_alone() => Ok(()),
        }
    });
    served.map_err(|why| format!("{who}: {why}"))
}

/// As often as the crate's own task does it.
async fn kept_up(metrics: &'static PrometheusHandle) {
    let mut due = tokio::time::interval(Duration::from_secs(5));
    loop {
        due.tick().await;
        metrics.run_upkeep();
    }
}

/// Until whoever has started this ends: nothing else comes.
async fn left_alone() {
    let (gone, told) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = gone.send(());
    });
    let _ = told.await;
}

async fn whole() -> std::io::Result<()> {
    let bound = ours::bound().await;
    said(bound.addr())?;
    bound.run().await;
    Ok(())
}

fn said(addr: SocketAddr) -> std::io::Result<()> {
    println!("{addr}");
    std::io::stdout().flush()
}

async fn listening<F>(serve: impl FnOnce(TcpListener) -> F) -> std::io::Result<()>
where
    F: Future<Output = std::io::Result<()>>,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    said(listener.local_addr()?)?;
    serve(listener).await
}

async fn routed(listener: TcpListener, router: Router) -> std::io::Result<()> {
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await
}

/// The least that can be served: one answer, whatever is asked.
async fn hyper(listener: TcpListener) -> std::io::Result<()> {
    let answer = |_| {
        let mut response = Response::new(Full::new(Bytes::from_static(br#"{"status":"ok","n":12345}"#)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        ready(Ok::<_, Infallible>(response))
    };
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(connection);
    }
}
