//! What the server acknowledged, on disk, so that it can be asked for after a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

/// One acknowledged fact. Tokens are in it, so the file is for its owner only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Acknowledged {
    /// A login answered 200.
    Token { token: String },
    /// A job answered 201.
    Job { id: String, token: String },
    /// A change of a job's status answered 200.
    Status { id: String, status: String, token: String },
    /// A customer answered 201.
    Customer { id: String, token: String },
    /// A WhatsApp message answered 200; `mark` is in the job that it becomes.
    Message { mark: String, kind: String, payload: String },
}

/// Where acknowledged facts are written, if anywhere.
#[derive(Debug)]
pub(crate) struct Journal(Option<Mutex<File>>);

impl Journal {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        Ok(Self(Some(Mutex::new(file))))
    }

    pub(crate) const fn nowhere() -> Self {
        Self(None)
    }

    pub(crate) fn write(&self, fact: &Acknowledged) {
        if let Some(file) = &self.0
            && let (Ok(mut line), Ok(mut file)) = (serde_json::to_vec(fact), file.lock())
        {
            line.push(b'\n');
            if let Err(error) = file.write_all(&line) {
                crate::complain!("the record can't be written: {error}");
            }
        }
    }

    pub(crate) fn read(path: &Path) -> io::Result<Vec<Acknowledged>> {
        let text = std::fs::read_to_string(path)?;
        text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::other)).collect()
    }
}
