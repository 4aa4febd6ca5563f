//! How many tests ran, per crate, read from what the test runners leave.

use std::collections::BTreeMap;

/// Tests that passed and failed; those that belong to a crate are kept apart.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    other: Count,
    crates: BTreeMap<String, [Count; 2]>,
    ignored: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
}

/// Which column of the table a test stands in.
#[derive(Clone, Copy)]
enum Kind {
    Test = 0,
    Doc = 1,
}

impl Tally {
    /// A step that is one test, and passed.
    pub(crate) fn one() -> Self {
        Self { other: Count { passed: 1, failed: 0 }, ..Self::default() }
    }

    /// A step that is one test, and failed.
    pub(crate) fn one_failed() -> Self {
        Self { other: Count { passed: 0, failed: 1 }, ..Self::default() }
    }

    pub(crate) fn passed(&self) -> usize {
        self.counts().map(|count| count.passed).sum()
    }

    pub(crate) fn failed(&self) -> usize {
        self.counts().map(|count| count.failed).sum()
    }

    pub(crate) fn merge(&mut self, more: &Self) {
        self.other.add(more.other);
        for (name, counts) in &more.crates {
            let row = self.crates.entry(name.clone()).or_default();
            for (mine, theirs) in row.iter_mut().zip(counts) {
                mine.add(*theirs);
            }
        }
    }

    /// The exit status has the last word: a runner that failed without a failed test is one. So is each test
    /// that was told not to run: it proves nothing.
    pub(crate) fn agreeing_with(mut self, success: bool) -> Result<Self, String> {
        match (success, self.failed()) {
            (true, 0) if self.crates.is_empty() => return Err("no test was run".to_owned()),
            (true, failed) if failed > 0 => {
                return Err(format!("{failed} failed, yet the runner said success"));
            }
            (false, 0) => self.other.failed += 1,
            _ => {}
        }
        self.other.failed += std::mem::take(&mut self.ignored);
        Ok(self)
    }

    /// The tests of each crate as lines; nothing when none were counted.
    pub(crate) fn table(&self) -> String {
        if self.crates.is_empty() {
            return String::new();
        }
        let mut text =
            format!("\n{:<24} {:>7} {:>9} {:>7}\n", "tests per crate", "tests", "doctests", "failed");
        for (name, [tests, docs]) in &self.crates {
            let failed = tests.failed + docs.failed;
            text += &format!("  {name:<22} {:>7} {:>9} {failed:>7}\n", tests.all(), docs.all());
        }
        text
    }

    fn counts(&self) -> impl Iterator<Item = Count> {
        self.crates.values().flatten().copied().chain([self.other])
    }

    fn note(&mut self, name: &str, kind: Kind, count: Count) {
        self.crates.entry(name.to_owned()).or_default()[kind as usize].add(count);
    }
}

impl Count {
    fn add(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }

    fn all(self) -> usize {
        self.passed + self.failed
    }
}

/// Reads nextest's XML report: one `<testsuite>` per test binary, named `crate` or `crate::binary`. It knows nothing of the
/// tests that are `ignored`.
pub(crate) fn from_nextest(xml: &str, ignored: usize) -> Result<Tally, String> {
    let mut tally = Tally { ignored, ..Tally::default() };
    for tag in xml.split("<testsuite ").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let number = |name| -> Result<usize, String> {
            let text = attribute(tag, name).ok_or_else(|| format!("no `{name}` in <testsuite {tag}>"))?;
            text.parse().map_err(|_| format!("`{name}` is no number in <testsuite {tag}>"))
        };
        let suite = attribute(tag, "name").ok_or_else(|| format!("no `name` in <testsuite {tag}>"))?;
        let failed = number("failures")? + number("errors")?;
        let passed =
            number("tests")?.checked_sub(failed).ok_or_else(|| format!("more failed than ran: {tag}"))?;
        let count = Count { passed, failed };
        tally.note(suite.split("::").next().unwrap_or(suite), Kind::Test, count);
    }
    Ok(tally)
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = tag.split_once(&format!("{name}=\""))?;
    after.split('"').next()
}

/// Reads `cargo test --doc`: a `Doc-tests NAME` line, then one result line or (merged and alone) two.
pub(crate) fn from_doctests(lines: &[String]) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut of = None;
    for line in lines.iter().map(|line| line.trim()) {
        if let Some(name) = line.strip_prefix("Doc-tests ") {
            of = Some(name.replace('_', "-"));
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let name = of.as_deref().ok_or_else(|| format!("a result of no crate: {line}"))?;
            let count = Count { passed: before(result, " passed")?, failed: before(result, " failed")? };
            tally.note(name, Kind::Doc, count);
            tally.ignored += before(result, " ignored")?;
        }
    }
    Ok(tally)
}

fn before(result: &str, word: &str) -> Result<usize, String> {
    let number = result.split(word).next().and_then(|head| head.rsplit(' ').next());
    number.and_then(|n| n.parse().ok()).ok_or_else(|| format!("no number before `{word}` in: {result}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNIT: &str = r#"<testsuites name="ci" tests="7" failures="2" errors="1" uuid="x" time="0.1">
        <testsuite name="campotech-core" tests="4" skipped="0" errors="0" failures="1">
            <testcase name="a" classname="campotech-core"/></testsuite>
        <testsuite name="campotech-core::hyper" tests="2" skipped="0" errors="1" failures="0"></testsuite>
        <testsuite name="xtask::bin/xtask" tests="1" skipped="0" errors="0" failures="0"/>
        </testsuites>"#;

    #[test]
    fn junit_is_counted_per_crate() {
        let tally = from_nextest(JUNIT, 0).unwrap();
        assert_eq!((tally.passed(), tally.failed()), (5, 2));
        assert_eq!(tally.crates["campotech-core"][0], Count { passed: 4, failed: 2 });
        assert_eq!(tally.crates["xtask"][0], Count { passed: 1, failed: 0 });
    }

    #[test]
    fn a_report_without_numbers_is_an_error() {
        let why = from_nextest(r#"<testsuite name="a" tests="x" skipped="0" errors="0" failures="0">"#, 0);
        assert!(why.unwrap_err().contains("`tests` is no number"));
    }

    #[test]
    fn doctests_are_counted_per_crate_and_merged_runs_are_added() {
        let lines = "   Doc-tests campotech_core\n\nrunning 2 tests\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s\n\
            \x20  Doc-tests campotech\ntest result: ok. 0 passed; 0 failed; 0 ignored";
        let lines: Vec<_> = lines.lines().map(str::to_owned).collect();
        let tally = from_doctests(&lines).unwrap();
        assert_eq!(tally.crates["campotech-core"][1], Count { passed: 3, failed: 3 });
        assert_eq!((tally.passed(), tally.failed()), (3, 3));
    }

    #[test]
    fn the_exit_status_has_the_last_word() {
        let good =
            from_nextest(r#"<testsuite name="a" tests="2" skipped="0" errors="0" failures="0">"#, 0).unwrap();
        assert_eq!(good.clone().agreeing_with(true).unwrap().failed(), 0);
        assert_eq!(good.agreeing_with(false).unwrap().failed(), 1);
        assert!(from_nextest(JUNIT, 0).unwrap().agreeing_with(true).is_err());
        assert!(Tally::default().agreeing_with(true).is_err(), "no test at all is no success");
    }

    #[test]
    fn tests_that_are_told_not_to_run_count_as_failed() {
        let xml = r#"<testsuite name="a" tests="2" skipped="0" errors="0" failures="0">"#;
        let tally = from_nextest(xml, 3).unwrap().agreeing_with(true).unwrap();
        assert_eq!((tally.passed(), tally.failed()), (2, 3));
        let lines = ["Doc-tests a".to_owned(), "test result: ok. 1 passed; 0 failed; 1 ignored;".to_owned()];
        let tally = from_doctests(&lines).unwrap().agreeing_with(true).unwrap();
        assert_eq!((tally.passed(), tally.failed()), (1, 1));
    }

    #[test]
    fn the_table_has_a_row_per_crate() {
        let table = from_nextest(JUNIT, 0).unwrap().table();
        let row = table.lines().find(|line| line.contains("campotech-core")).unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["campotech-core", "6", "0", "2"]);
        assert_eq!(Tally::one().table(), "");
    }
}
