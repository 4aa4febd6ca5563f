//! What is wanted of the form.

use super::{FLOOR, OURS, floor, form, node, peers};
use crate::bars::{Bar, Measured};

pub(crate) const BARS: &[Bar] = &[
    Bar {
        name: "validate.form.time_of_serde_json",
        most: 1.5,
        measured: Measured::Times { ours: form::ours, peer: floor::serde_json, floor: None },
    },
    Bar {
        name: "validate.form.instructions_of_serde_json",
        most: 1.5,
        measured: Measured::Cases { ours: OURS, peer: FLOOR },
    },
    Bar {
        name: "validate.form.allocations_of_serde_json",
        most: 1.0,
        measured: Measured::Allocations { ours: OURS, peer: FLOOR },
    },
    Bar {
        name: "validate.form.time_of_ajv",
        most: 0.5,
        measured: Measured::Told { ours: form::ours, peer: node::ajv },
    },
];

/// What is wanted and not reached yet, beside peers that check less.
pub(crate) const AIMS: &[Bar] = &[
    Bar {
        name: "validate.form.time_of_zod",
        most: 1.0 / 3.0,
        measured: Measured::Told { ours: form::ours, peer: node::zod },
    },
    Bar {
        name: "validate.form.time_of_garde",
        most: 1.0,
        measured: Measured::Times { ours: form::ours, peer: peers::garde, floor: None },
    },
    Bar {
        name: "validate.form.time_of_validator",
        most: 1.0,
        measured: Measured::Times { ours: form::ours, peer: peers::validator, floor: None },
    },
];
