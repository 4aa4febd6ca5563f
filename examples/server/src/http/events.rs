//! Job events on a WebSocket.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use campotech::metrics::WebSocketGuard;
use futures_util::{SinkExt, StreamExt};
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{Extensions, HeaderMap, Uri};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::ApiError;
use super::viewer::{bearer, session};
use crate::app::App;
use crate::events::{Missed, Subscription};

const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that takes longer for one message is gone.
const SEND_WITHIN: Duration = Duration::from_secs(10);
const GOING_AWAY: u16 = 1001;
const PROTOCOL_ERROR: u16 = 1002;
const TRY_AGAIN: u16 = 1013;
const POLICY_VIOLATION: u16 = 1008;
/// How long a client has to say goodbye, too.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Upgrades; events from then on are sent, none is repeated.
pub(crate) async fn subscribe(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    // Browsers let any page open a socket, so the origin is what tells the pages apart.
    if !app.origins().allows_handshake(&uri, &headers, &extensions) {
        return Err(ApiError::Forbidden);
    }
    let session = session(&app, token(&headers).ok_or(ApiError::Unauthorized)?).await?;
    let upgrade = upgrade.map_err(|rejection| no_upgrade(&rejection))?;
    app.events().settled().await;
    let events = app.events().subscribe(session.user_id);
    let left = Duration::try_from(session.expires_at.duration_since(app.now())).unwrap_or_default();
    let response =
        upgrade.protocols(["bearer"]).max_message_size(4 * 1024).max_frame_size(4 * 1024).on_upgrade(
            move |socket| {
                let open = app.metrics().websocket_opened();
                serve(app, socket, events, left, open)
            },
        );
    Ok(response.into_response())
}

fn no_upgrade(rejection: &WebSocketUpgradeRejection) -> ApiError {
    use WebSocketUpgradeRejection as Rejected;
    match rejection {
        Rejected::InvalidConnectionHeader(_)
        | Rejected::InvalidUpgradeHeader(_)
        | Rejected::InvalidWebSocketVersionHeader(_) => ApiError::NotAnUpgrade,
        _ => ApiError::Problem((&campotech::core::kinds::BAD_REQUEST).into()),
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    if headers.contains_key(AUTHORIZATION) {
        return bearer(headers);
    }
    let mut protocols = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?.split(',').map(str::trim);
    (protocols.next()? == "bearer").then(|| protocols.next()).flatten()
}

async fn serve(app: App, socket: WebSocket, mut events: Subscription, left: Duration, _open: WebSocketGuard) {
    let expired = sleep(left);
    tokio::pin!(expired);
    let (mut sender, mut receiver) = socket.split();
    let mut drain = app.drain();
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = true;
    let close = loop {
        let message = tokio::select! {
            () = &mut expired => break Some((POLICY_VIOLATION, "the token has expired")),
            () = drain.drained() => break Some((GOING_AWAY, "the service restarts")),
            event = events.next() => match event {
                Ok(text) => Message::Text(text.into()),
                // A client that was slower than the events, or missed those of another replica, reads the lists.
                Err(Missed::Some) => break Some((TRY_AGAIN, "events may be missing")),
                Err(Missed::Closed) => break Some((GOING_AWAY, "the service stops")),
            },
            received = receiver.next() => match received {
                // Its answer is queued; the flush below sends it.
                Some(Ok(Message::Close(_))) => break None,
                Some(Err(_)) => break Some((PROTOCOL_ERROR, "not understood")),
                None => return,
                Some(Ok(_)) => { answered = true; continue }
            },
            _ = pings.tick() => {
                if !std::mem::replace(&mut answered, false) {
                    break None;
                }
                Message::Ping(Vec::new().into())
            }
        };
        if !matches!(timeout(SEND_WITHIN, sender.send(message)).await, Ok(Ok(()))) {
            break None;
        }
    };
    if let Some((code, reason)) = close {
        let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let _ = timeout(SEND_WITHIN, sender.send(frame)).await;
        // The client's own close frame: without it the connection would have broken off for it (RFC 6455, 7.1.1).
        let answered = async {
            while !matches!(receiver.next().await, Some(Ok(Message::Close(_))) | Some(Err(_)) | None) {}
        };
        let _ = timeout(ANSWER_WITHIN, answered).await;
    }
    let _ = timeout(SEND_WITHIN, sender.close()).await;
}
