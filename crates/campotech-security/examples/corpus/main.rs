//! The rates of detection, on cases of our own and on a corpus: the rate card, its bars, and whether the page still says so.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]
#![allow(missing_docs, reason = "a program")]

#[path = "../../tests/corpus/benign.rs"]
mod benign;
mod card;
mod cases;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use card::Card;
use table::Table;

/// Where the page lies.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/inspection-rates.md");

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let write = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--write"] => true,
        _ => {
            eprintln!("usage: corpus [--write]");
            return ExitCode::from(2);
        }
    };
    match run(write) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all bars are reached and the page is what was measured.
fn run(write: bool) -> Result<bool, String> {
    let own = Table::of(cases::own()?);
    let corpus = match std::env::var_os("CAMPOTECH_CORPORA") {
        Some(folder) => Some(Table::of(cases::http_params(&PathBuf::from(folder).join("http-params.csv"))?)),
        None => None,
    };
    let mut reached = true;
    for (name, table) in [("own", Some(&own)), ("http-params", corpus.as_ref())] {
        let Some(table) = table else {
            println!("{name}: CAMPOTECH_CORPORA is not set, so only cases of our own were measured");
            continue;
        };
        print!("{name}\n{}", table.text());
        for missed in table.missed() {
            println!("MISSED {name}: {missed}");
            reached = false;
        }
    }
    let page = std::fs::read_to_string(PAGE).unwrap_or_default();
    let card = Card { own: &own, corpus: corpus.as_ref() };
    if write {
        let text = card
            .page()
            .ok_or("the page has both tables: set CAMPOTECH_CORPORA to the folder of http-params.csv")?;
        std::fs::write(Path::new(PAGE), text).map_err(|error| error.to_string())?;
    } else if let Some(part) = card.differs(&page) {
        println!(
            "docs/reference/inspection-rates.md says something else of {part}: cargo xtask corpus --write"
        );
        reached = false;
    }
    Ok(reached)
}
