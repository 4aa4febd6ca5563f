//! Frames that cost the client nothing: resets, pings, settings and their kin.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use bytes::Bytes;
use campotech_core::Mode;
use campotech_serve::ClientBody;
use campotech_testkit::{RawConnection, RecordingObserver};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::service_fn;

use crate::support::{Running, echo, local, resident, start};
use crate::{MOMENT, connect, frame, head, raw, request};

const RST_STREAM: u8 = 3;

/// Sends what `round` makes, round after round, until the server closes.
async fn flood(running: &Running, round: impl Fn(u32) -> Vec<u8>) {
    let mut client = raw(running, 65_535).await;
    let flooding = async {
        let mut rounds = 0;
        while client.send(round(rounds)).await.is_ok() {
            rounds += 1;
        }
    };
    tokio::time::timeout(MOMENT, flooding).await.expect("the server takes them all");
}

/// A stream that is asked for and thrown away.
fn rapid_reset(round: u32) -> Vec<u8> {
    let stream = 2 * round + 1;
    [head(stream), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
}

#[tokio::test]
async fn a_flood_of_resets_ends_and_a_good_client_is_served() {
    const ATTACKERS: usize = 8;
    const LASTS: Duration = Duration::from_secs(3);
    let begun = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&begun);
    let service = service_fn(move |request: Request<ClientBody>| {
        counter.fetch_add(1, SeqCst);
        async move {
            if request.headers().contains_key("good") {
                return Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("served")));
            }
            // What an attacker asks for is work.
            let _held = vec![1_u8; 64 * 1024];
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(Response::default())
        }
    });
    let running = start(local().await, service);
    let before = resident();
    let until = Instant::now() + LASTS;
    let mut floods = tokio::task::JoinSet::new();
    let addr = running.addr;
    for _ in 0..ATTACKERS {
        floods.spawn(async move {
            while Instant::now() < until {
                let Ok(mut client) = RawConnection::open(addr).await else { continue };
                let hello = [crate::PREFACE, &frame(4, 0, 0, &[]), &frame(4, 1, 0, &[])].concat();
                let mut round = 0;
                let mut open = client.send(hello).await.is_ok();
                while open && Instant::now() < until {
                    open = client.send(rapid_reset(round)).await.is_ok();
                    round += 1;
                }
            }
        });
    }
    let (mut sender, _conn) = connect(&running).await;
    let (mut asked, mut most) = (0, before);
    while Instant::now() < until {
        let mut good = request();
        good.headers_mut().insert("good", "1".parse().unwrap());
        let answer = tokio::time::timeout(MOMENT, sender.send_request(good)).await.unwrap().unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "served");
        asked += 1;
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    floods.join_all().await;
    let (flooded, grown) = (running.stats.snapshot().flooded, most - before);
    assert!(asked > 50 && flooded >= ATTACKERS as u64, "{asked} answers, {flooded} floods");
    assert!(grown < 64 << 20, "{grown} bytes more");
}

/// Has the request, and neither reads its body nor lets it go.
async fn unread(_held: Request<ClientBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    std::future::pending().await
}

#[tokio::test]
async fn each_kind_of_flood_ends() {
    let told = RecordingObserver::default();
    let running = start(local().await.with_observer(Arc::new(told.clone())), service_fn(unread));
    let body = |round: u32, data: &[u8]| match round {
        0 => frame(1, 4, 1, &[0x82, 0x86, 0x84, 0x41, 1, b'a']),
        _ => frame(0, 0, 1, data),
    };
    let open = |round: u32, rest: Vec<u8>| if round == 0 { [head(1), rest].concat() } else { rest };
    type Round<'a> = Box<dyn Fn(u32) -> Vec<u8> + 'a>;
    let all: [(&str, Round<'_>); 11] = [
        // The first is over before the service has seen it.
        ("resets at once", Box::new(rapid_reset)),
        ("pings", Box::new(|_| frame(6, 0, 0, &[0; 8]))),
        ("answers to pings", Box::new(|_| frame(6, 1, 0, &[0; 8]))),
        ("settings", Box::new(|_| frame(4, 0, 0, &[0, 4, 0, 0, 255, 255]))),
        ("priorities", Box::new(|_| frame(2, 0, 1, &[0, 0, 0, 3, 7]))),
        ("window updates", Box::new(|round| open(round, frame(8, 0, 1, &[0, 0, 0, 1])))),
        ("unknown frames", Box::new(|_| frame(99, 0, 0, &[]))),
        (
            "a head without an end",
            Box::new(|round| match round {
                0 => frame(1, 0, 1, &[0x82, 0x86, 0x84]),
                _ => frame(9, 0, 1, &[0x90]),
            }),
        ),
        ("empty data", Box::new(|round| body(round, &[]))),
        ("data of a byte", Box::new(|round| body(round, b"x"))),
        // MadeYouReset: an update beyond any window, which the server has to answer with a reset.
        (
            "streams that the server resets",
            Box::new(|round| {
                let stream = 2 * round + 1;
                [head(stream), frame(8, 0, stream, &[0x7f, 255, 255, 255])].concat()
            }),
        ),
    ];
    for (count, (name, round)) in all.into_iter().enumerate() {
        flood(&running, round).await;
        running.until(|s| s.active == 0).await;
        assert_eq!(running.stats.snapshot().flooded, count as u64 + 1, "{name}");
    }
    assert!(told.lines().iter().all(|line| line == "decision connections refused flood"));
}

#[tokio::test]
async fn resets_of_streams_that_the_service_has_begun_are_bounded_too() {
    let running = start(local().await, service_fn(unread));
    let mut client = raw(&running, 65_535).await;
    for batch in 0..5_u32 {
        let streams = || (0..50).map(|count| 2 * (50 * batch + count) + 1);
        let sent = client.send(streams().flat_map(head).collect::<Vec<_>>()).await;
        let begun = u64::from(50 * (batch + 1));
        if batch < 4 {
            sent.unwrap();
            running.until(|s| s.requests == begun).await;
        }
        let resets = streams().flat_map(|stream| frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
        let _ = client.send(resets.collect::<Vec<_>>()).await;
    }
    running.until(|s| s.active == 0 && s.flooded == 1).await;
    assert!(running.stats.snapshot().requests <= 250);
}

#[tokio::test]
async fn a_busy_client_is_no_flood() {
    let running = start(local().await, service_fn(echo));
    let (mut sender, _conn) = connect(&running).await;
    for _ in 0..3_000 {
        let answer = sender.send_request(request()).await.unwrap();
        answer.into_body().collect().await.unwrap();
    }
    // One in two is not waited for.
    for _ in 0..150 {
        drop(sender.send_request(request()));
        assert_eq!(sender.send_request(request()).await.unwrap().status(), 200);
    }
    assert_eq!(running.stats.snapshot().flooded, 0);
}

#[tokio::test]
async fn a_flood_may_be_only_reported() {
    let told = RecordingObserver::default();
    let server = local().await.with_mode(Mode::ReportOnly).with_observer(Arc::new(told.clone()));
    let running = start(server, service_fn(echo));
    let mut client = raw(&running, 65_535).await;
    client.send(frame(99, 0, 0, &[]).repeat(1_100)).await.unwrap();
    client.send(head(1)).await.unwrap();
    running.until(|s| s.requests == 1).await;
    assert!(told.lines().contains(&"decision connections reported flood".to_owned()));
}
