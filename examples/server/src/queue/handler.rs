//! From a message to a job.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::domain::{InboundMessage, JobKind, MessageContent, NewJob, Priority};

/// Works on one message. It may be called more than once for the same one (a worker can die between
/// work and commit), so effects outside the store have to bear repetition.
pub trait MessageHandler: fmt::Debug + Send + Sync + 'static {
    /// What becomes of the message.
    ///
    /// # Errors
    /// [`HandlerError::Again`] to be called again later, [`HandlerError::Never`] to give up at once.
    fn handle(&self, message: &InboundMessage) -> impl Future<Output = Result<Handled, HandlerError>> + Send;
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    /// A job for the shared inbox.
    Job(JobKind, NewJob),
    /// Nothing; it is done with.
    Nothing,
}

/// Why a message could not be worked on; the text is kept with the dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// It may go better later.
    #[error("{0}")]
    Again(String),
    /// It will never go better.
    #[error("{0}")]
    Never(String),
}

/// Makes a job of each voice and text message, and nothing of the others. The sound is not listened
/// to: the job names the recording, for a person or a later service.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageToJob;

const LONGEST_TITLE: usize = 120;
const LONGEST_DESCRIPTION: usize = 4_096;

impl MessageHandler for MessageToJob {
    async fn handle(&self, message: &InboundMessage) -> Result<Handled, HandlerError> {
        Ok(job_for(message))
    }
}

impl<H: MessageHandler> MessageHandler for Arc<H> {
    fn handle(&self, message: &InboundMessage) -> impl Future<Output = Result<Handled, HandlerError>> + Send {
        (**self).handle(message)
    }
}

fn job_for(message: &InboundMessage) -> Handled {
    let phone = message.sender.e164();
    let (kind, title, description) = match &message.content {
        MessageContent::Audio { media_id } => {
            let title =
                format!("Voice message from {phone} at {}", message.sent_at.strftime("%Y-%m-%d %H:%M UTC"));
            (
                JobKind::Voice,
                title,
                format!("WhatsApp media id: {}", shortened(media_id, LONGEST_DESCRIPTION)),
            )
        }
        MessageContent::Text { body } => {
            let title = first_line(body).unwrap_or_else(|| format!("Text message from {phone}"));
            (JobKind::Text, title, shortened(body.trim(), LONGEST_DESCRIPTION))
        }
        MessageContent::Other { .. } => return Handled::Nothing,
    };
    let description = Some(description).filter(|text| !text.is_empty());
    let (customer_email, priority, scheduled_at) = (None, Priority::Normal, None);
    let new = NewJob { title, description, customer_phone: phone, customer_email, priority, scheduled_at };
    Handled::Job(kind, new)
}

/// The first line that says something, without control characters.
fn first_line(text: &str) -> Option<String> {
    // What would turn the text around or hide in it may stand in the description, which keeps what was typed.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let visible = |line: &str| line.chars().filter(|c| !hidden(*c)).collect::<String>();
    let line = text.lines().map(visible).find(|line| !line.trim().is_empty())?;
    Some(shortened(line.trim(), LONGEST_TITLE))
}

/// At most `longest` characters, the last one an ellipsis if some were cut. NUL is dropped, since
/// PostgreSQL can't store it.
fn shortened(text: &str, longest: usize) -> String {
    let mut kept: String = text.chars().filter(|c| *c != '\0').take(longest + 1).collect();
    if let Some((cut, _)) = kept.char_indices().nth(longest) {
        kept.truncate(cut);
        kept.pop();
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{MessageId, WaId};

    fn job(content: MessageContent) -> (JobKind, NewJob) {
        let message = InboundMessage {
            id: MessageId::parse("wamid.1").unwrap(),
            sender: WaId::parse("5491123456789").unwrap(),
            content,
            sent_at: Timestamp::from_second(1_700_000_000).unwrap(),
            brought_by: None,
        };
        match job_for(&message) {
            Handled::Job(kind, new) => (kind, new),
            Handled::Nothing => panic!("no job"),
        }
    }

    fn text(body: &str) -> NewJob {
        job(MessageContent::Text { body: body.into() }).1
    }

    #[test]
    fn a_voice_message_names_sender_time_and_recording() {
        let (kind, new) = job(MessageContent::Audio { media_id: "8812".into() });
        assert_eq!(kind, JobKind::Voice);
        assert_eq!(new.title, "Voice message from +5491123456789 at 2023-11-14 22:13 UTC");
        assert_eq!(new.description.as_deref(), Some("WhatsApp media id: 8812"));
        assert_eq!(new.customer_phone, "+5491123456789");
    }

    #[test]
    fn a_text_message_is_titled_by_its_first_line_that_says_something() {
        let new = text("\n \u{7}\n  Se rompió\u{0} el caño \r\nes urgente");
        assert_eq!(new.title, "Se rompió el caño");
        assert_eq!(new.description.as_deref(), Some("\u{7}\n  Se rompió el caño \r\nes urgente"));
        assert_eq!(text(" \n ").title, "Text message from +5491123456789");
        assert_eq!(text("caja \u{202e}1 oilof\u{200b}").title, "caja 1 oilof");
        assert_eq!(text(" \n ").description, None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let exact = "ñ".repeat(LONGEST_TITLE);
        assert_eq!(text(&exact).title, exact);
        let title = text(&"ñ".repeat(LONGEST_TITLE + 1)).title;
        assert_eq!(title.chars().count(), LONGEST_TITLE);
        assert!(title.ends_with("ñ…"));
        let description = text(&"🔧".repeat(10_000)).description.unwrap();
        assert_eq!(description.chars().count(), LONGEST_DESCRIPTION);
    }
}
