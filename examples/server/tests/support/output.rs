//! The output of a process, read on so that it never waits for us.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The lines so far.
pub(crate) struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Lines {
    pub(crate) fn read(stream: impl Read + Send + 'static) -> Self {
        let lines = Arc::default();
        let kept: Arc<Mutex<Vec<String>>> = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        Self { lines, reader }
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        self.all().join("\n")
    }

    /// Whether such a line comes within `time`; not waited for where the process has ended.
    pub(crate) fn wait_for(&self, time: Duration, wanted: impl Fn(&str) -> bool) -> bool {
        let deadline = Instant::now() + time;
        loop {
            let ended = self.reader.is_finished();
            if self.lines.lock().unwrap().iter().any(|line| wanted(line)) {
                return true;
            }
            if ended || Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
