//! Allocations of every case, by a counting allocator. Not in the library: where instructions are counted, it would be counted, too.

use campotech_bench::{Case, REQUESTS, WARM};

/// Allocations of one request, warm.
pub(crate) fn of(case: &Case) -> f64 {
    let mut subject = (case.begin)();
    subject(WARM);
    let counted = allocation_counter::measure(|| subject(REQUESTS));
    counted.count_total as f64 / REQUESTS as f64
}
