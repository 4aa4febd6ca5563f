//! Peers in node, in a process that reads the same bytes as often as it is asked to, and says how long that took.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::pairs::Clock;

/// Installed by `cargo xtask bench`.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node/form.mjs");

/// Forms before anything is measured: what node compiles once it is hot is compiled then.
const WARM: u64 = 50_000;

struct Node {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// zod: a schema that `z.compile` has made a function of.
pub fn zod() -> Box<Clock<'static>> {
    asked("zod")
}

/// ajv: a JSON Schema that it has made a function of, which goes on after a fault.
pub fn ajv() -> Box<Clock<'static>> {
    asked("ajv")
}

/// # Panics
/// It doesn't start, or ends.
fn asked(who: &str) -> Box<Clock<'static>> {
    let mut node = Node::start(who);
    node.read(WARM);
    Box::new(move |forms| node.read(forms))
}

impl Node {
    fn start(who: &str) -> Self {
        let mut command = Command::new("node");
        command.args([PROGRAM, who]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node");
        let (ask, answers) =
            (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
        Self { child, ask, answers: BufReader::new(answers) }
    }

    /// Has so many forms read; nanoseconds of each.
    fn read(&mut self, forms: u64) -> f64 {
        writeln!(self.ask, "{forms}").expect("it listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        answer.trim_end().parse().expect("nanoseconds")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
