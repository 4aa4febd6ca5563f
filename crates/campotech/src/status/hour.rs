//! The last hour as lines of numbers.

use std::borrow::Cow;
use std::collections::VecDeque;

/// A point each [`POINT_SECONDS`].
pub(crate) const POINTS: usize = 720;
pub(crate) const POINT_SECONDS: usize = 5;
/// Lines of all charts; further ones are not kept.
pub(crate) const LINES: usize = 64;

/// What one line is at a point.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) chart: Cow<'static, str>,
    pub(crate) unit: &'static str,
    pub(crate) line: Cow<'static, str>,
    /// None where there is nothing to say, such as the time to answer when nothing was asked.
    pub(crate) value: Option<f64>,
}

/// Charts with a common time. At most 64 lines of 720 numbers of 4 bytes: less than 200 KiB.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hour {
    /// Seconds since 1970.
    pub(crate) at: VecDeque<u64>,
    pub(crate) charts: Vec<Chart>,
    /// There are lines that are not kept.
    pub(crate) full: bool,
}

/// Lines of one unit.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    pub(crate) title: Cow<'static, str>,
    pub(crate) unit: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// As many values as there are times.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: Cow<'static, str>,
    /// NaN where there was nothing to say.
    values: VecDeque<f32>,
}

/// A line in three numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    pub(crate) now: Option<f32>,
    pub(crate) lowest: f32,
    pub(crate) highest: f32,
}

impl Hour {
    /// Takes a point; a line that is not among the readings has nothing to say at it.
    pub(crate) fn push(&mut self, at: u64, readings: Vec<Reading>) {
        keep(&mut self.at, POINTS, at);
        for line in self.charts.iter_mut().flat_map(|chart| &mut chart.lines) {
            keep(&mut line.values, POINTS, f32::NAN);
        }
        for Reading { chart, unit, line, value } in readings {
            let value = value.unwrap_or(f64::NAN);
            if let Some(last) = self.line(chart, unit, line).and_then(|line| line.values.back_mut()) {
                #[expect(clippy::cast_possible_truncation, reason = "people read three digits of it")]
                let value = value as f32;
                *last = value;
            }
        }
    }

    /// The line of that name, a new one if there is room.
    fn line(
        &mut self,
        title: Cow<'static, str>,
        unit: &'static str,
        name: Cow<'static, str>,
    ) -> Option<&mut Line> {
        let lines: usize = self.charts.iter().map(|chart| chart.lines.len()).sum();
        let chart = self.charts.iter().position(|chart| chart.title == title);
        let known = chart.and_then(|at| self.charts[at].lines.iter().position(|line| line.name == name));
        if known.is_none() && lines == LINES {
            self.full = true;
            return None;
        }
        let chart = chart.unwrap_or_else(|| {
            self.charts.push(Chart { title, unit, lines: Vec::new() });
            self.charts.len() - 1
        });
        let lines = &mut self.charts[chart].lines;
        let line = known.unwrap_or_else(|| {
            let mut values = VecDeque::with_capacity(POINTS);
            values.resize(self.at.len(), f32::NAN);
            lines.push(Line { name, values });
            lines.len() - 1
        });
        lines.get_mut(line)
    }
}

impl Line {
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = Option<f32>> {
        self.values.iter().map(|value| Some(*value).filter(|value| !value.is_nan()))
    }

    /// None where there is no value yet.
    pub(crate) fn summary(&self) -> Option<Summary> {
        let lowest = self.values().flatten().reduce(f32::min)?;
        let highest = self.values().flatten().fold(lowest, f32::max);
        Some(Summary { now: self.values().next_back()?, lowest, highest })
    }
}

/// Puts `one` at the end of what is kept, which is the last `most`.
pub(crate) fn keep<T>(kept: &mut VecDeque<T>, most: usize, one: T) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(chart: &'static str, line: &str, value: Option<f64>) -> Reading {
        Reading { chart: chart.into(), unit: "", line: line.to_owned().into(), value }
    }

    fn values(hour: &Hour, chart: usize, line: usize) -> Vec<Option<f32>> {
        hour.charts[chart].lines[line].values().collect()
    }

    #[test]
    fn every_line_has_a_value_for_every_time() {
        let mut hour = Hour::default();
        hour.push(5, vec![reading("a", "x", Some(1.0))]);
        hour.push(10, vec![reading("a", "y", Some(2.0)), reading("b", "x", None)]);
        hour.push(15, vec![reading("a", "x", Some(3.0))]);
        assert_eq!(hour.at, [5, 10, 15]);
        assert_eq!(values(&hour, 0, 0), [Some(1.0), None, Some(3.0)]);
        assert_eq!(values(&hour, 0, 1), [None, Some(2.0), None]);
        assert_eq!(values(&hour, 1, 0), [None; 3]);
    }

    #[test]
    fn the_oldest_goes_whether_a_line_is_read_or_not() {
        let mut hour = Hour::default();
        hour.push(0, vec![reading("a", "x", Some(1.0)), reading("a", "y", Some(1.0))]);
        for at in 1..=POINTS as u64 {
            hour.push(at, vec![reading("a", "x", Some(2.0))]);
        }
        assert_eq!((hour.at.len(), hour.at[0]), (POINTS, 1));
        assert_eq!(values(&hour, 0, 0), [Some(2.0); POINTS]);
        assert_eq!(values(&hour, 0, 1), [None; POINTS]);
    }

    #[test]
    fn names_without_end_take_no_memory_without_end() {
        let mut hour = Hour::default();
        for at in 0..2 * POINTS as u64 {
            hour.push(at, vec![reading("a", &format!("line {at}"), Some(1.0))]);
        }
        let lines = &hour.charts[0].lines;
        assert_eq!((hour.charts.len(), lines.len(), hour.full), (1, LINES, true));
        let bytes: usize = lines.iter().map(|line| line.values.capacity() * size_of::<f32>()).sum();
        assert!(bytes + hour.at.capacity() * size_of::<u64>() < 200 * 1024, "{bytes}");
    }

    #[test]
    fn a_line_is_summed_up_by_what_is_known_of_it() {
        let mut hour = Hour::default();
        for (at, value) in [None, Some(3.0), Some(1.0), Some(2.0)].into_iter().enumerate() {
            hour.push(at as u64, vec![reading("a", "x", value), reading("a", "none", None)]);
        }
        let lines = &hour.charts[0].lines;
        assert_eq!(lines[0].summary(), Some(Summary { now: Some(2.0), lowest: 1.0, highest: 3.0 }));
        assert_eq!(lines[1].summary(), None);
        hour.push(4, vec![]);
        assert_eq!(hour.charts[0].lines[0].summary().unwrap().now, None);
    }
}
