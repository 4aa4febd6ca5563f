//! What WhatsApp sends.

use serde_json::{Value, json};

/// The body of a callback with one text message.
pub(crate) fn text_message(id: &str, sender: &str, text: &str) -> String {
    callback_body(
        &json!({"from": sender, "id": id, "timestamp": "1767323045", "type": "text", "text": {"body": text}}),
    )
}

/// The body of a callback with one voice message.
pub(crate) fn voice_message(id: &str, sender: &str, media: &str) -> String {
    callback_body(&json!({"from": sender, "id": id, "timestamp": "1767323045", "type": "audio",
        "audio": {"id": media, "mime_type": "audio/ogg; codecs=opus", "voice": true}}))
}

fn callback_body(message: &Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "messages": [message]}}]}]})
    .to_string()
}
