//! A process of its own for what is a process's: its memory, its global recorder, its words about panics.

use std::process::Command;

/// The numbers that this program prints for `words`.
///
/// # Errors
/// It fails, or says something else.
pub fn told<const N: usize>(words: [&str; 2]) -> Result<[f64; N], String> {
    let program = std::env::current_exe().map_err(|why| why.to_string())?;
    let done = Command::new(program).args(words).output().map_err(|why| why.to_string())?;
    let said = String::from_utf8_lossy(&done.stdout);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let wrong = |_| format!("{}: {said}{}", words.join(" "), String::from_utf8_lossy(&done.stderr));
    numbers.try_into().map_err(wrong)
}

/// The series of a family in a text of metrics, and the sum of their values.
pub fn counted(text: &str, family: &str) -> (f64, f64) {
    let samples = text.lines().filter(|line| line.starts_with(family));
    let values = samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.fold((0.0, 0.0), |(series, sum), value| (series + 1.0, sum + value))
}
