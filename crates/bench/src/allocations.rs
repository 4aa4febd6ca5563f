//! Allocations of every case, by a counting allocator. Not in the library: where instructions are counted, it would be counted, too.

use campotech_bench::{Case, REQUESTS, WARM};

/// Measurements of a case; the least of them counts.
const RUNS: usize = 5;

/// Allocations of one request, warm. What happens once in a while (a clock's tick, a timer's turn) is no request's: one such in
/// a thousand requests would miss a gate of whole numbers.
pub(crate) fn of(case: &Case) -> f64 {
    let mut subject = (case.begin)();
    subject(WARM);
    let counted = (0..RUNS).map(|_| allocation_counter::measure(|| subject(REQUESTS)).count_total);
    counted.min().unwrap_or_default() as f64 / REQUESTS as f64
}
