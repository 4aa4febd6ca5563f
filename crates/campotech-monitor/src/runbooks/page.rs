//! A page, read.

use std::path::{Path, PathBuf};

use super::markdown;

/// The page that lists the others.
pub const INDEX: &str = "README.md";

/// A page of the folder.
#[derive(Debug, Clone, Default)]
pub struct Runbook {
    /// The file's name without its ending, which is the alert's.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// In their order.
    pub headings: Vec<Heading>,
    /// Fenced blocks, in their order.
    pub blocks: Vec<Block>,
    /// Where the links and pictures lead, as they are written.
    pub links: Vec<Link>,
    /// What the line `Panel: **title** on ...` names.
    pub panel: Option<Panel>,
    /// The headings that have text below them, each by its number in [`headings`](Self::headings).
    pub filled: Vec<usize>,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 for `#`.
    pub level: u8,
    /// Without marks.
    pub text: String,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The word behind the fence, such as `sh`.
    pub language: String,
    /// What it holds.
    pub text: String,
    /// The `##` heading above it.
    pub section: String,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its target.
    pub to: String,
    /// The `##` heading above it.
    pub section: String,
}

/// The panel to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// `application` or `infrastructure`.
    pub dashboard: String,
    /// Its exact title.
    pub title: String,
}

/// A folder that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read {}", path.display())]
pub struct RunbooksError {
    /// The folder, or the file in it.
    pub path: PathBuf,
    source: std::io::Error,
}

/// Reads the pages of a folder in the order of their names, without the index.
///
/// # Errors
/// If the folder or a page can't be read.
pub fn load(folder: &Path) -> Result<Vec<Runbook>, RunbooksError> {
    let failed = |source| RunbooksError { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_page = path.extension().is_some_and(|ending| ending == "md");
        if is_page && path.file_name().is_some_and(|name| name != INDEX) {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| Runbook::read(path)).collect()
}

impl Runbook {
    /// Reads one page.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn read(path: &Path) -> Result<Self, RunbooksError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RunbooksError { path: path.to_owned(), source })?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, path: path.to_owned(), ..markdown::parse(&text) })
    }

    /// Expressions that have an answer while all is well.
    pub fn promql(&self) -> impl Iterator<Item = &str> {
        self.in_language("promql")
    }

    /// Expressions that may have an answer during the incident only.
    pub fn promql_incident(&self) -> impl Iterator<Item = &str> {
        self.in_language("promql-incident")
    }

    fn in_language(&self, language: &'static str) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter(move |block| block.language == language).map(|block| block.text.as_str())
    }
}
