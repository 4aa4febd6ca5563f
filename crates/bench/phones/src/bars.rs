//! What reading a number costs, beside the two ports of libphonenumber.

use std::hint::black_box;
use std::time::Instant;

use campotech_validate::ArPhone;

/// The ratios of one round each; the median counts.
const ROUNDS: usize = 9;
const TURNS: usize = 40;

/// What people type, in an order that no branch predictor learns.
const SPELLINGS: [&str; 8] = [
    "+54 9 {area} {line}",
    "0{area} 15 {line}",
    "({area}) 15-{line}",
    "+549{area}{line}",
    "0{area} {line}",
    "{area} {line}",
    "549{area}{line}",
    "+54 {area} {line}",
];
const AREAS: [(&str, &str); 5] =
    [("11", "5182-3925"), ("351", "423-4567"), ("343", "555-1212"), ("2966", "42-3456"), ("3489", "46-1234")];

/// Prints a line for each peer.
///
/// # Errors
/// A bar that is not held, or an allocation.
pub(crate) fn measured() -> Result<(), String> {
    let texts = texts();
    let allocations = allocation_counter::measure(|| {
        for text in &texts {
            let _ = black_box(text.parse::<ArPhone>());
        }
    });
    println!("GATE phones.parse allocations={} gate<=0", allocations.count_total);
    let ours = |text: &str| text.parse::<ArPhone>().is_ok();
    let google = |text: &str| crate::oracle::parse(text).is_ok_and(|number| number.is_valid());
    let older = |text: &str| {
        phonenumber::parse(Some(phonenumber::country::Id::AR), text).is_ok_and(|number| number.is_valid())
    };
    let held =
        [bar("rlibphonenumber", 0.5, &texts, ours, google), bar("phonenumber", 0.1, &texts, ours, older)];
    if allocations.count_total == 0 && held == [true; 2] {
        Ok(())
    } else {
        Err("a bar is not held".to_owned())
    }
}

fn texts() -> Vec<String> {
    let all = AREAS.iter().flat_map(|(area, line)| {
        SPELLINGS.map(|spelling| spelling.replace("{area}", area).replace("{line}", line))
    });
    let mut texts: Vec<String> = all.collect();
    let mut seed = 1_u32;
    texts.sort_by_cached_key(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed
    });
    texts
}

fn bar(
    peer: &str,
    bar: f64,
    texts: &[String],
    ours: impl Fn(&str) -> bool,
    theirs: impl Fn(&str) -> bool,
) -> bool {
    let mut rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (nanoseconds(texts, &ours), nanoseconds(texts, &theirs))).collect();
    rounds.sort_by(|(a, b), (c, d)| (a / b).total_cmp(&(c / d)));
    let (ours, theirs) = rounds[ROUNDS / 2];
    let ratio = ours / theirs;
    println!("BENCH phones.parse.{peer} ratio={ratio:.3} bar<={bar:.2} ours={ours:.1} peer={theirs:.1}");
    ratio <= bar
}

/// For one text.
fn nanoseconds(texts: &[String], parse: impl Fn(&str) -> bool) -> f64 {
    let begun = Instant::now();
    for _ in 0..TURNS {
        for text in texts {
            black_box(parse(black_box(text)));
        }
    }
    begun.elapsed().as_secs_f64() * 1e9 / (TURNS * texts.len()) as f64
}
