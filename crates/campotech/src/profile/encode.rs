//! From stacks to a gzipped profile.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::{Frames, Symbol, UnresolvedReport};
use prost::Message;

use super::format::{Function, Label, Line, Location, Profile, Sample, ValueType};

/// Looks up the names of a report's stacks, and packs them.
pub(super) fn encode(report: UnresolvedReport) -> io::Result<Vec<u8>> {
    let period = 1_000_000_000 / i64::from(report.timing.frequency.max(1));
    let mut tables = Tables::new(period);
    for (stack, count) in report.data {
        let stack = Frames::from(stack);
        tables.sample(&stack.thread_name_or_id(), &stack.frames, count as i64);
    }
    let since = report.timing.start_time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let profile = Profile {
        time_nanos: i64::try_from(since.as_nanos()).unwrap_or_default(),
        duration_nanos: i64::try_from(report.timing.duration.as_nanos()).unwrap_or_default(),
        ..tables.profile
    };
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&profile.encode_to_vec())?;
    packed.finish()
}

/// A profile in the making. Everything is written once and named by its number from then on.
struct Tables {
    profile: Profile,
    strings: HashMap<String, i64>,
    functions: HashMap<(i64, i64), u64>,
    locations: HashMap<Vec<Line>, u64>,
}

impl Tables {
    fn new(period: i64) -> Self {
        let mut tables = Self {
            profile: Profile { period, ..Profile::default() },
            strings: HashMap::new(),
            functions: HashMap::new(),
            locations: HashMap::new(),
        };
        // The first string has to be the empty one.
        tables.string("");
        let samples = ValueType { kind: tables.string("samples"), unit: tables.string("count") };
        let cpu = ValueType { kind: tables.string("cpu"), unit: tables.string("nanoseconds") };
        tables.profile.period_type = Some(cpu.clone());
        tables.profile.sample_type = vec![samples, cpu];
        tables
    }

    /// Adds a stack, innermost first; each frame has the functions that were inlined into it before it.
    fn sample(&mut self, thread: &str, frames: &[Vec<Symbol>], count: i64) {
        let location_id = frames.iter().map(|frame| self.location(frame)).collect();
        let label = Label { key: self.string("thread"), text: self.string(thread) };
        let value = vec![count, count.saturating_mul(self.profile.period)];
        self.profile.sample.push(Sample { location_id, value, label: vec![label] });
    }

    fn location(&mut self, frame: &[Symbol]) -> u64 {
        let line = frame.iter().map(|symbol| self.line(symbol)).collect::<Vec<_>>();
        let next = self.locations.len() as u64 + 1;
        *self.locations.entry(line).or_insert_with_key(|line| {
            self.profile.location.push(Location { id: next, line: line.clone() });
            next
        })
    }

    fn line(&mut self, symbol: &Symbol) -> Line {
        let system_name = self.string(&symbol.sys_name());
        let filename = self.string(&symbol.filename());
        let line = i64::from(symbol.lineno());
        if let Some(&function_id) = self.functions.get(&(system_name, filename)) {
            return Line { function_id, line };
        }
        let id = self.functions.len() as u64 + 1;
        let name = self.string(&symbol.name());
        self.functions.insert((system_name, filename), id);
        self.profile.function.push(Function { id, name, system_name, filename });
        Line { function_id: id, line }
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(&place) = self.strings.get(text) {
            return place;
        }
        let place = self.strings.len() as i64;
        self.strings.insert(text.to_owned(), place);
        self.profile.string_table.push(text.to_owned());
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str, line: u32) -> Symbol {
        Symbol { name: Some(name.into()), addr: None, lineno: Some(line), filename: Some("a.rs".into()) }
    }

    #[test]
    fn what_comes_twice_is_written_once() {
        let (leaf, inlined, main) =
            (symbol("leaf", 3), symbol("_ZN4core3mem4swap17h0123456789abcdefE", 9), symbol("main", 1));
        let mut tables = Tables::new(10);
        tables.sample("a", &[vec![leaf.clone()], vec![inlined.clone(), main.clone()]], 2);
        tables.sample("b", &[vec![inlined, main], vec![leaf]], 1);
        let profile = tables.profile;
        assert_eq!(profile.sample[0].location_id, [1, 2]);
        assert_eq!(profile.sample[1].location_id, [2, 1]);
        assert_eq!(profile.sample[0].value, [2, 20]);
        assert_eq!((profile.location.len(), profile.function.len()), (2, 3));
        assert_eq!(profile.location[1].line.len(), 2);
        assert_eq!(profile.string_table[0], "");
        let name = |at: usize| &profile.string_table[profile.function[at].name as usize];
        assert_eq!([name(0), name(1), name(2)], ["leaf", "core::mem::swap", "main"]);
        let threads =
            profile.sample.iter().map(|sample| &profile.string_table[sample.label[0].text as usize]);
        assert_eq!(threads.collect::<Vec<_>>(), ["a", "b"]);
    }
}
