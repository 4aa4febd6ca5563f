//! Instructions of every case, as `cargo bench --bench instructions` has counted them.

use std::path::Path;

use crate::{Case, REQUESTS};

/// Where gungraun leaves what it has counted, below cargo's target directory.
const SUMMARIES: &str = "gungraun/campotech-bench/instructions/layers";

/// Instructions of one request of each of these cases.
///
/// # Errors
/// They were not counted, or those of another set of cases were.
pub fn counted(cases: &[Case], target: &Path) -> Result<Vec<f64>, String> {
    (0..cases.len()).map(|at| of(at, &target.join(SUMMARIES))).collect()
}

fn of(at: usize, summaries: &Path) -> Result<f64, String> {
    let path = summaries.join(format!("instructions.case_{at}/summary.json"));
    let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let summary: serde_json::Value =
        serde_json::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    let read = summary.pointer("/profiles/0/data/total/metrics/Ir/values/new");
    let read = read.and_then(serde_json::Value::as_u64);
    let instructions = read.ok_or_else(|| format!("{}: it has no instructions", path.display()))?;
    Ok(instructions as f64 / REQUESTS as f64)
}
