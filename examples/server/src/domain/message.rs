//! A WhatsApp message as it came in.

use std::fmt;

use campotech::core::RequestContext;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// A message that was delivered to us, at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// WhatsApp's id: the same one means the same message.
    pub id: MessageId,
    /// Who sent it.
    pub sender: WaId,
    /// What was sent.
    pub content: MessageContent,
    /// When it was sent, by WhatsApp's clock.
    pub sent_at: Timestamp,
    /// The request that brought it, so that what becomes of it is found by the same ids.
    #[serde(default, deserialize_with = "readable", skip_serializing_if = "Option::is_none")]
    pub brought_by: Option<RequestContext>,
}

/// The id WhatsApp gives a message: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// A WhatsApp id: a phone number as digits, 5 to 15 of them, without `+`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WaId(String);

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageContent {
    /// A voice message; the sound itself is fetched from Meta by this id.
    Audio {
        /// Meta's id of the recording.
        media_id: String,
    },
    /// A text.
    Text {
        /// As it was typed.
        body: String,
    },
    /// Anything else (image, sticker, reaction): kept, but no work order.
    Other {
        /// WhatsApp's name for it.
        r#type: String,
    },
}

/// The two queues that are measured apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// Everything but sound.
    Jobs,
    /// Voice messages, which take longer.
    Voice,
}

/// An id that WhatsApp would not have sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMessage {
    /// Not 1 to 255 visible ASCII characters.
    #[error("a message id is 1 to 255 visible ASCII characters")]
    Id,
    /// Not 5 to 15 digits.
    #[error("a WhatsApp id is 5 to 15 digits")]
    Sender,
}

/// What another version wrote there is no reason to lose the message.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RequestContext>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

impl InboundMessage {
    /// The queue the message waits in.
    #[must_use]
    pub const fn queue(&self) -> QueueName {
        match self.content {
            MessageContent::Audio { .. } => QueueName::Voice,
            MessageContent::Text { .. } | MessageContent::Other { .. } => QueueName::Jobs,
        }
    }
}

impl MessageId {
    /// Takes over a well-formed id.
    ///
    /// # Errors
    /// [`InvalidMessage::Id`]
    pub fn parse(id: &str) -> Result<Self, InvalidMessage> {
        id.to_owned().try_into()
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl WaId {
    /// Takes over a well-formed id.
    ///
    /// # Errors
    /// [`InvalidMessage::Sender`]
    pub fn parse(id: &str) -> Result<Self, InvalidMessage> {
        id.to_owned().try_into()
    }

    /// The number with its `+`.
    #[must_use]
    pub fn e164(&self) -> String {
        format!("+{}", self.0)
    }
}

impl TryFrom<String> for MessageId {
    type Error = InvalidMessage;

    fn try_from(id: String) -> Result<Self, InvalidMessage> {
        let fine = (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if fine { Ok(Self(id)) } else { Err(InvalidMessage::Id) }
    }
}

impl TryFrom<String> for WaId {
    type Error = InvalidMessage;

    fn try_from(id: String) -> Result<Self, InvalidMessage> {
        let fine = (5..=15).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        if fine { Ok(Self(id)) } else { Err(InvalidMessage::Sender) }
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

impl From<WaId> for String {
    fn from(id: WaId) -> Self {
        id.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_when_parsed_and_when_read_back() {
        assert!(MessageId::parse("wamid.HBgNNTQ5MTE=").is_ok());
        for bad in ["", "a b", "é", "a\0", &"x".repeat(256)] {
            assert_eq!(MessageId::parse(bad), Err(InvalidMessage::Id), "{bad:?}");
        }
        assert_eq!(WaId::parse("5491123456789").unwrap().e164(), "+5491123456789");
        for bad in ["", "1234", "+5491123456789", "549112345678901234", "54911x3456789"] {
            assert_eq!(WaId::parse(bad), Err(InvalidMessage::Sender), "{bad:?}");
        }
        assert!(serde_json::from_str::<WaId>("\"+54\"").is_err());
    }

    #[test]
    fn a_message_is_read_whatever_another_version_says_of_what_brought_it() {
        let plain = r#"{"id":"wamid.1","sender":"5491123456789","content":{"kind":"text","body":"a"},"sent_at":"2026-01-02T03:04:05Z"}"#;
        let message: InboundMessage = serde_json::from_str(plain).unwrap();
        assert_eq!(
            (message.brought_by.clone(), serde_json::to_string(&message).unwrap()),
            (None, plain.to_owned())
        );
        for (told, read) in [
            (
                r#"{"request_id":"a","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
                true,
            ),
            (r#"{"request_id":"a b","traceparent":"00-0-0-0"}"#, false),
            ("7", false),
            ("null", false),
        ] {
            let text = plain.replace(r#","sent_at""#, &format!(r#","brought_by":{told},"sent_at""#));
            let message: InboundMessage = serde_json::from_str(&text).unwrap();
            assert_eq!(message.brought_by.is_some(), read, "{told}");
            let again: InboundMessage =
                serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();
            assert_eq!(again, message);
        }
    }
}
