//! Counts by kind, and the bars.

use std::collections::BTreeMap;

use campotech_security::inspect::examine;

use crate::cases::Case;

/// The score from which a request is refused by default.
const BLOCKED: u32 = 5;

/// What came of the cases of one kind.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    cases: usize,
    /// With a score of [`BLOCKED`] and more.
    blocked: usize,
    /// With a lower score.
    noted: usize,
}

/// Counts by kind.
pub(crate) struct Table {
    kinds: BTreeMap<String, Counts>,
    /// Up to five values of each kind on the wrong side.
    wrong: BTreeMap<String, Vec<String>>,
}

/// The least share of attacks that has to be found, in hundredths of a percent; kinds that are not here are as good as they are.
const FOUND: [(&str, usize); 2] = [("sqli", 9_700), ("xss", 9_200)];

/// The most of benign values that may be blocked, in hundredths of a percent.
const BENIGN: usize = 2;

impl Table {
    pub(crate) fn of(cases: Vec<Case>) -> Self {
        let mut table = Self { kinds: BTreeMap::new(), wrong: BTreeMap::new() };
        for case in cases {
            let score = examine(&case.value).score();
            let counts = table.kinds.entry(case.kind.clone()).or_default();
            counts.cases += 1;
            counts.blocked += usize::from(score >= BLOCKED);
            counts.noted += usize::from((1..BLOCKED).contains(&score));
            if (score >= BLOCKED) == (case.kind == "benign") {
                let wrong = table.wrong.entry(case.kind).or_default();
                if wrong.len() < 5 {
                    wrong.push(case.value.chars().take(100).collect());
                }
            }
        }
        table
    }

    /// How many cases of each kind there are: by that a table knows its corpus.
    fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.kinds.iter().map(|(kind, counts)| (&**kind, counts.cases))
    }

    /// Whether a page's part has the numbers of another corpus.
    pub(crate) fn is_of_another(&self, part: &str) -> bool {
        self.sizes().any(|(kind, cases)| !part.contains(&format!("| {kind} | {cases} |")))
    }

    /// The rows of the page.
    pub(crate) fn rows(&self) -> String {
        let mut rows =
            "| kind | values | score 5 and more | share | a lower score |\n|---|---|---|---|---|\n"
                .to_owned();
        for (kind, counts) in &self.kinds {
            let Counts { cases, blocked, noted } = counts;
            rows +=
                &format!("| {kind} | {cases} | {blocked} | {:.2} % | {noted} |\n", percent(*blocked, *cases));
        }
        rows
    }

    /// The same for a terminal, with values on the wrong side.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (kind, counts) in &self.kinds {
            let Counts { cases, blocked, noted } = counts;
            text += &format!(
                "  {kind:<10} {blocked:>6} of {cases:>6}  {:>6.2} %  noted {noted}\n",
                percent(*blocked, *cases)
            );
            for value in self.wrong.get(kind).into_iter().flatten() {
                text += &format!("             {value:?}\n");
            }
        }
        text
    }

    /// The bars that are not reached.
    pub(crate) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for (kind, least) in FOUND {
            let counts = self.kinds.get(kind).copied().unwrap_or_default();
            if counts.cases == 0 || counts.blocked * 10_000 < counts.cases * least {
                missed.push(format!("{kind}: {} of {}", counts.blocked, counts.cases));
            }
        }
        let counts = self.kinds.get("benign").copied().unwrap_or_default();
        if counts.cases == 0 || counts.blocked * 10_000 > counts.cases * BENIGN {
            missed.push(format!("benign: {} of {}", counts.blocked, counts.cases));
        }
        missed
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}
