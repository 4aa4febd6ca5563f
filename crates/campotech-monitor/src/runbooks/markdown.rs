//! From Markdown to what a page says.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::page::{Block, Heading, Link, Panel, Runbook};

/// What a paragraph begins with that names the panel.
const PANEL: &str = "Panel: ";

/// What has been seen of a page.
#[derive(Default)]
struct Reader {
    page: Runbook,
    section: String,
    /// The text of the heading, block or paragraph that is open.
    text: String,
    block: Option<String>,
    strong: Option<String>,
    paragraph: Paragraph,
}

/// The paragraph that is open.
#[derive(Default)]
struct Paragraph {
    strong: Option<String>,
    code: Option<String>,
}

/// Reads a page; its name and path are left empty.
pub(super) fn parse(text: &str) -> Runbook {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        reader.see(event);
    }
    reader.page
}

impl Reader {
    fn see(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.say(&text),
            Event::Code(code) => {
                if self.strong.is_none() {
                    self.paragraph.code.get_or_insert_with(|| code.to_string());
                }
                self.say(&code);
            }
            Event::SoftBreak | Event::HardBreak => self.say(" "),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.text.clear(),
            Tag::Paragraph => {
                self.text.clear();
                self.paragraph = Paragraph::default();
                self.fill();
            }
            Tag::List(_) | Tag::Table(_) => self.fill(),
            Tag::CodeBlock(kind) => {
                self.text.clear();
                self.fill();
                self.block = Some(match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                });
            }
            Tag::Strong => self.strong = Some(String::new()),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.page.links.push(Link { to: dest_url.to_string(), section: self.section.clone() });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let heading = Heading { level: level as u8, text: std::mem::take(&mut self.text) };
                if level == HeadingLevel::H2 {
                    self.section.clone_from(&heading.text);
                }
                self.page.headings.push(heading);
            }
            TagEnd::CodeBlock => {
                if let Some(language) = self.block.take() {
                    let text = std::mem::take(&mut self.text);
                    self.page.blocks.push(Block { language, text, section: self.section.clone() });
                }
            }
            TagEnd::Strong => {
                let strong = self.strong.take();
                self.paragraph.strong = self.paragraph.strong.take().or(strong);
            }
            TagEnd::Paragraph => {
                let Paragraph { strong, code } = std::mem::take(&mut self.paragraph);
                if self.text.starts_with(PANEL)
                    && let (Some(title), Some(dashboard)) = (strong, code)
                {
                    self.page.panel.get_or_insert(Panel { dashboard, title });
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(strong) = &mut self.strong {
            strong.push_str(text);
        }
    }

    /// There is something below the last heading.
    fn fill(&mut self) {
        let Some(last) = self.page.headings.len().checked_sub(1) else { return };
        if self.page.filled.last() != Some(&last) {
            self.page.filled.push(last);
        }
    }
}
