//! Gates: what was reached, over the case's floor, and may not be lost.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::Case;
use crate::webhook::EVEN;

/// Instructions differ a little from one processor to the next: libc chooses its copying by what it finds.
const TOLERANCE: f64 = 1.03;

/// Below this, a gate of so few instructions would be one of rounding.
const LEAST: f64 = 20.0;

/// What one request costs over the floor.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Cost {
    pub instructions: f64,
    pub allocations: f64,
}

/// By the name of the case.
pub type Gates = BTreeMap<String, Cost>;

/// What each case costs over its floor; floors themselves are left out.
///
/// # Panics
/// A case names a floor that is none of the cases.
pub fn costs(cases: &[Case], instructions: &[f64], allocations: &[f64]) -> Gates {
    let at = |name| cases.iter().position(|case| case.name == name).expect("the floor is a case");
    let over = |all: &[f64], case: usize| all[case] - all[at(cases[case].floor)];
    let measured = (0..cases.len()).filter(|case| cases[*case].floor != cases[*case].name);
    let cost =
        |case| Cost { instructions: over(instructions, case).round(), allocations: over(allocations, case) };
    measured.map(|case| (cases[case].name.to_owned(), cost(case))).collect()
}

/// A line for each case, and whether all are within their gates.
pub fn compared(costs: &Gates, gates: &Gates) -> (String, bool) {
    let (mut lines, mut within) = (String::new(), true);
    for (name, cost) in costs {
        let Some(gate) = gates.get(name) else {
            let _ = writeln!(lines, "GATE {name} has no gate: `cargo xtask bench --write-gates` writes it");
            within = false;
            continue;
        };
        let most = (gate.instructions * TOLERANCE).max(gate.instructions + LEAST).ceil();
        let fine = cost.instructions <= most && cost.allocations <= gate.allocations;
        within &= fine;
        let _ = writeln!(
            lines,
            "GATE {name} instructions={} gate<={most} allocations={} gate<={}{}",
            cost.instructions,
            cost.allocations,
            gate.allocations,
            if fine { "" } else { " MISSED" }
        );
    }
    for (one, other) in EVEN {
        let both = [one, other].map(|name| costs.get(*name).map(|cost| cost.instructions));
        let [Some(one_cost), Some(other_cost)] = both else { continue };
        let ratio = one_cost / other_cost;
        let fine = (ratio - 1.0).abs() <= 0.001;
        within &= fine;
        let _ = writeln!(lines, "EVEN {one} {other} ratio={ratio:.4}{}", if fine { "" } else { " MISSED" });
    }
    for name in gates.keys().filter(|name| !costs.contains_key(*name)) {
        let _ = writeln!(lines, "GATE {name} is of no case");
        within = false;
    }
    (lines, within)
}

/// The file of gates, in the order of their names.
pub fn written(costs: &Gates) -> String {
    let mut text = "# What one request costs over the floor of its case: instructions (a gate is 1.03 times that) and allocations.\n# Written by `cargo xtask bench --write-gates`.\n".to_owned();
    for (name, Cost { instructions, allocations }) in costs {
        // Up: a gate is not below what was reached.
        let allocations = (allocations * 10.0).ceil() / 10.0;
        let _ = write!(
            text,
            "\n[\"{name}\"]\ninstructions = {instructions:.1}\nallocations = {allocations:.1}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gates(instructions: f64, allocations: f64) -> Gates {
        Gates::from([("a.layer".to_owned(), Cost { instructions, allocations })])
    }

    #[test]
    fn what_was_reached_may_not_be_lost() {
        let reached = gates(1_000.0, 0.0);
        assert!(compared(&gates(1_030.0, 0.0), &reached).1);
        assert!(!compared(&gates(1_031.0, 0.0), &reached).1, "an instruction too many");
        assert!(!compared(&gates(900.0, 1.0), &reached).1, "an allocation");
        assert!(!compared(&gates(900.0, 0.0), &Gates::new()).1, "without a gate");
        assert!(!compared(&Gates::new(), &reached).1, "without a case");
    }

    #[test]
    fn what_has_to_be_even_is() {
        let both = |last: f64| {
            let cost = |instructions| Cost { instructions, allocations: 0.0 };
            let (first, other) = EVEN[0];
            Gates::from([(first.to_owned(), cost(10_000.0)), (other.to_owned(), cost(last))])
        };
        let gates = both(10_100.0);
        assert!(compared(&both(10_010.0), &gates).1);
        assert!(!compared(&both(10_011.0), &gates).1);
        assert!(!compared(&both(9_900.0), &gates).1);
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let reached = gates(1_000.0, 2.0);
        assert_eq!(toml::from_str::<Gates>(&written(&reached)).expect("gates"), reached);
    }

    #[test]
    fn a_cost_is_what_is_over_the_floor() {
        let case = |name| Case { name, floor: "nothing", begin: || Box::new(|_| {}) };
        let costs = costs(&[case("nothing"), case("layer")], &[100.0, 150.0], &[9.0, 10.0]);
        assert_eq!(costs, Gates::from([("layer".to_owned(), Cost { instructions: 50.0, allocations: 1.0 })]));
    }
}
