//! The floor: `serde_json` into the same struct of plain types, which holds whatever can be read.

use std::hint::black_box;

use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::{FLOOR, FORM, NONE};
use crate::{Case, Subject};

pub const CASES: &[Case] =
    &[Case { name: NONE, floor: NONE, begin: none }, Case { name: FLOOR, floor: NONE, begin: serde_json }];

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read and dropped")]
struct JobForm {
    id: Uuid,
    title: String,
    description: String,
    address: String,
    customer_phone: String,
    site_phone: String,
    customer_email: String,
    customer_cuit: String,
    price: Decimal,
    scheduled_at: jiff::Timestamp,
    location: Location,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read and dropped")]
struct Location {
    lat: f64,
    lon: f64,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read and dropped")]
struct Item {
    name: String,
    quantity: u16,
    price: Decimal,
}

fn none() -> Subject {
    Box::new(|forms| {
        for _ in 0..forms {
            black_box(FORM);
        }
    })
}

/// # Panics
/// It can't be read.
pub fn serde_json() -> Subject {
    Box::new(|forms| {
        for _ in 0..forms {
            black_box(serde_json::from_slice::<JobForm>(black_box(FORM)).expect("a form"));
        }
    })
}
