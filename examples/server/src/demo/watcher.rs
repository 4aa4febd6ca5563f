//! A dispatcher who keeps the event stream open.

use std::sync::atomic::Ordering::Relaxed;

use futures_util::StreamExt;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::Stage;
use super::client::Client;

/// Counts job events until the server closes the stream.
pub(crate) async fn play(stage: Stage, client: Client, token: String) {
    let Ok(socket) = TcpSocket::new_v4() else { return };
    if socket.bind((client.from(), 0).into()).is_err() {
        return;
    }
    let Ok(stream) = socket.connect(client.server()).await else { return };
    let Ok(mut request) = format!("ws://{}/api/v1/events", client.server()).into_client_request() else {
        return;
    };
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let Ok((mut events, _)) = tokio_tungstenite::client_async(request, stream).await else { return };
    while let Some(Ok(message)) = events.next().await {
        if message.is_text() {
            stage.report.events.fetch_add(1, Relaxed);
        }
    }
}
