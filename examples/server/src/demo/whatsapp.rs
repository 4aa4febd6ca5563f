//! WhatsApp: customers who write and who send voice messages, as Meta calls back.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use campotech::security::webhook::{Scheme, WebhookVerifier};
use http::{Method, StatusCode};
use rand::Rng;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::Stage;
use super::client::{Answer, Client, NoAnswer};
use super::journal::Acknowledged;
use crate::secrets::WebhookSecrets;

const PATH: &str = "/webhooks/whatsapp";

/// Calls back until the end, about twice a second, and now and then sends a message twice, as Meta does.
pub(crate) async fn play(stage: Stage, secrets: WebhookSecrets) {
    let client = stage.client(60);
    let mut n = 0_u32;
    while !stage.over() {
        n += 1;
        let (mark, kind, payload) = message(n);
        if let Ok(answer) = send(&client, &secrets, &payload).await
            && answer.status == StatusCode::OK
        {
            let counter = if kind == "voice" { &stage.report.voices } else { &stage.report.texts };
            counter.fetch_add(1, Relaxed);
            let kind = kind.to_owned();
            stage.journal.write(&Acknowledged::Message { mark, kind, payload: payload.clone() });
            if n.is_multiple_of(10) {
                let _ = send(&client, &secrets, &payload).await;
            }
        }
        let pause = rand::rng().random_range(300..700);
        sleep(Duration::from_millis(pause)).await;
    }
}

/// Sends a payload with its signature.
pub(crate) async fn send(
    client: &Client,
    secrets: &WebhookSecrets,
    payload: &str,
) -> Result<Answer, NoAnswer> {
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-hub-signature-256", signature(&secrets.app_secret, payload)),
    ];
    client.send(Method::POST, PATH, None, &headers, Bytes::from(payload.to_owned())).await
}

fn signature(secret: &str, payload: &str) -> String {
    let signed = WebhookVerifier::new(Scheme::Meta, secret).and_then(|key| key.sign("", payload.as_bytes()));
    let value = signed.ok().and_then(|mut headers| headers.remove(Scheme::Meta.signature_header()));
    value.and_then(|value| value.to_str().map(str::to_owned).ok()).unwrap_or_default()
}

fn message(n: u32) -> (String, &'static str, String) {
    let id = format!("wamid.{}", Uuid::now_v7().simple());
    let mark = Uuid::now_v7().simple().to_string();
    let sender = format!("54911{:08}", rand::rng().random_range(20_000_000..70_000_000));
    let seconds = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs());
    let mut message = json!({"from": sender, "id": id, "timestamp": seconds.to_string()});
    let kind = if n.is_multiple_of(3) { "voice" } else { "text" };
    if kind == "voice" {
        message["type"] = "audio".into();
        message["audio"] = json!({"id": mark, "mime_type": "audio/ogg; codecs=opus", "voice": true});
    } else {
        message["type"] = "text".into();
        message["text"] = json!({"body": format!("Hola, ¿pueden venir mañana? {mark}")});
    }
    let payload = json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "5491100000000", "phone_number_id": "106540352242922"},
            "contacts": [{"profile": {"name": "Cliente"}, "wa_id": sender}],
            "messages": [message],
        }}]}],
    });
    (mark, kind, payload.to_string())
}
