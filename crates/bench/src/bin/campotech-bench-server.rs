//! `campotech-bench-server WHO`: one of the servers that wrk asks. Without the allocator that counts: it would cost most where most is
//! allocated.

use std::process::ExitCode;

fn main() -> ExitCode {
    let who = std::env::args().nth(1).unwrap_or_default();
    match campotech_bench::server::serve(&who) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
