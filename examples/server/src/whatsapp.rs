//! What is in a callback of the WhatsApp Business Cloud API.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::{InboundMessage, MessageContent, MessageId, WaId};

/// A text is 4096 characters at most, says Meta; what is longer is cut, not lost.
const LONGEST_TEXT: usize = 4_096;

/// The messages of one callback, and how much in it we don't know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// What customers sent.
    pub messages: Vec<InboundMessage>,
    /// Parts that are no message as we know it: they are counted and answered 200, or Meta would repeat them for a week.
    pub unknown: usize,
}

impl Delivery {
    /// Reads a verified body. Nothing in it is an error: who signed it won't send it otherwise the next time.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let mut delivery = Self::default();
        let Ok(payload) = serde_json::from_slice::<Value>(body) else {
            delivery.unknown += 1;
            return delivery;
        };
        if payload["object"] != "whatsapp_business_account" {
            delivery.unknown += 1;
            return delivery;
        }
        for change in items(&payload["entry"]).flat_map(|entry| items(&entry["changes"])) {
            let value = &change["value"];
            // Receipts (sent, delivered, read) are no messages, and known.
            if !value["messages"].is_array() && !value["statuses"].is_array() {
                delivery.unknown += 1;
            }
            for message in items(&value["messages"]) {
                match read(message) {
                    Some(message) => delivery.messages.push(message),
                    None => delivery.unknown += 1,
                }
            }
        }
        delivery
    }
}

fn read(message: &Value) -> Option<InboundMessage> {
    let kind = message["type"].as_str()?;
    let content = match kind {
        "text" => {
            let body = message["text"]["body"].as_str()?;
            MessageContent::Text { body: body.chars().take(LONGEST_TEXT).collect() }
        }
        "audio" => {
            let media_id = message["audio"]["id"].as_str()?;
            MessageContent::Audio { media_id: media_id.chars().take(255).collect() }
        }
        other => MessageContent::Other { r#type: other.chars().take(64).collect() },
    };
    let seconds: i64 = message["timestamp"].as_str()?.parse().ok()?;
    Some(InboundMessage {
        id: MessageId::parse(message["id"].as_str()?).ok()?,
        sender: WaId::parse(message["from"].as_str()?).ok()?,
        content,
        sent_at: Timestamp::from_second(seconds).ok()?,
        brought_by: None,
    })
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delivery(value: &Value) -> Delivery {
        let payload =
            json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": value}]}]});
        Delivery::parse(payload.to_string().as_bytes())
    }

    fn text(id: &str) -> Value {
        json!({"from": "5491123456789", "id": id, "timestamp": "1767323045", "type": "text", "text": {"body": "Hola"}})
    }

    #[test]
    fn messages_are_read_and_the_unknown_is_counted() {
        let image = json!({"from": "5491123456789", "id": "b", "timestamp": "1767323045", "type": "image"});
        let found = delivery(&json!({"messages": [text("a"), image, {"id": "c"}, 7]}));
        assert_eq!(found.messages.len(), 2);
        assert_eq!(found.unknown, 2);
        assert_eq!(found.messages[0].content, MessageContent::Text { body: "Hola".into() });
        assert_eq!(found.messages[1].content, MessageContent::Other { r#type: "image".into() });
    }

    #[test]
    fn receipts_are_known_and_no_messages() {
        assert_eq!(delivery(&json!({"statuses": [{"id": "a", "status": "read"}]})), Delivery::default());
    }

    #[test]
    fn anything_else_is_counted_once() {
        for body in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"object":"page"}"#,
            "\u{0}",
            r#"{"object":"whatsapp_business_account","entry":[{"changes":[{}]}]}"#,
        ] {
            assert_eq!(Delivery::parse(body.as_bytes()), Delivery { messages: vec![], unknown: 1 }, "{body}");
        }
    }

    #[test]
    fn ids_that_whatsapp_would_not_send_are_no_messages() {
        let mut wrong = text("a");
        wrong["from"] = json!("+54 911; DROP");
        assert_eq!(delivery(&json!({"messages": [wrong, text("")]})).unknown, 2);
    }
}
