//! A listener on the WebSocket of events.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Server;

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Connects with these headers; the status where it is refused.
pub(crate) async fn connect_events(
    server: &Server,
    headers: &[(&'static str, String)],
) -> Result<(Socket, http::HeaderMap), u16> {
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let mut request = format!("ws://{}/api/v1/events", server.addr).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, response)) => Ok((socket, response.headers().clone())),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => unreachable!("{error}"),
    }
}

/// The next event.
pub(crate) async fn next_event(socket: &mut Socket) -> Value {
    loop {
        let message =
            tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}
