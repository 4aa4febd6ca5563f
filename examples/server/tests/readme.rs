//! The README says what the program does.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use campotech::config::PLATFORM_VARIABLES;
use campotech_server::config::SERVER_VARIABLES;
use serde_json::Value;
use support::{Ask, README, Server, block, run};

fn table() -> String {
    let mut table = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for variable in PLATFORM_VARIABLES.iter().chain(SERVER_VARIABLES) {
        let default = variable.default.map_or_else(|| "unset".to_owned(), |default| format!("`{default}`"));
        writeln!(table, "| `{}` | {default} | {} |", variable.name, variable.meaning).unwrap();
    }
    table
}

#[test]
fn the_table_of_variables_is_that_of_the_program() {
    assert!(README.contains(&table()), "README.md lacks this table:\n{}", table());
}

#[tokio::test]
async fn the_banner_is_that_of_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    assert!(server.said().wait_for(Duration::from_secs(5), |line| line.starts_with("Try:")));
    let said = server.said().text();
    let said = said.replace(&server.addr.to_string(), "127.0.0.1:8080");
    let said = said.replace(dir.path().to_str().unwrap(), ".campotech");
    assert_eq!(said.lines().collect::<Vec<_>>(), block("$ cargo run --release -p campotech-server", ""));
}

#[test]
fn the_commands_are_those_of_the_program() {
    let shown = README.lines().filter(|line| line.starts_with("campotech-server "));
    // `campotech-server    serve` has no command: it says that this is what it does.
    let shown: BTreeSet<_> = shown
        .filter(|line| line.contains("  "))
        .map(|line| line.split_whitespace().nth(1).unwrap().to_owned())
        .collect();
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: BTreeSet<_> = commands
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect();
    assert_eq!(shown, commands);
}

/// The request is written as one for curl, and so is the answer with its headers.
#[tokio::test]
async fn the_problem_is_the_one_that_the_server_answers() {
    let shown =
        README.lines().skip_while(|line| !line.starts_with("$ curl -i")).take_while(|line| *line != "```");
    let shown: Vec<_> = shown.collect();
    let quoted: Vec<_> = shown[..2].iter().flat_map(|line| line.split('\'').skip(1).step_by(2)).collect();
    let [content_type, language, body] = quoted[..] else { unreachable!("{quoted:?}") };
    let path = shown[1].rsplit_once("127.0.0.1:8080").unwrap().1;
    let mut ask = Ask::new("POST", path).body(body);
    for header in [content_type, language] {
        let (name, value) = header.split_once(": ").unwrap();
        ask = ask.header(name, value);
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let answer = server.ask(ask).await;

    let status = format!("HTTP/1.1 {} {}", answer.status.as_u16(), answer.status.canonical_reason().unwrap());
    assert_eq!(shown[2], status);
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let (headers, problem) = shown[3..].split_at(shown[3..].iter().position(|line| line.is_empty()).unwrap());
    let shown_id = headers.iter().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    let headers: BTreeSet<_> = headers.iter().map(|line| line.replace(shown_id, id)).collect();
    let answered = answer.headers.iter().filter(|(name, _)| *name != "date");
    let answered: BTreeSet<_> =
        answered.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    assert_eq!(headers, answered);
    let problem: Value = serde_json::from_str(&problem.concat().replace(shown_id, id)).unwrap();
    assert_eq!(problem, serde_json::from_slice::<Value>(&answer.body).unwrap());
}
