//! Instructions of every case, counted by callgrind: a process each, the same figure on every run.

#![allow(clippy::disallowed_methods, reason = "what gungraun's macro expands to ends the process")]

use std::hint::black_box;

use campotech_bench::{REQUESTS, Subject, WARM, cases};
use gungraun::{library_benchmark, library_benchmark_group, main};

fn warm(at: usize) -> Subject {
    let mut subject = (cases()[at].begin)();
    subject(WARM);
    subject
}

#[library_benchmark]
#[benches::case(iter = 0..cases().len(), setup = warm)]
fn instructions(mut subject: Subject) -> Subject {
    subject(black_box(REQUESTS));
    subject
}

library_benchmark_group!(name = layers, benchmarks = instructions);
main!(library_benchmark_groups = layers);
