//! Peers in Rust: `serde_json` into plain types, then their rules, which are ours as far as they have them. A telephone number
//! and a CUIT are a pattern there, which says nothing of areas and check digits, and nothing is brought into a normal form.

use std::hint::black_box;
use std::sync::LazyLock;

use regex::Regex;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
// What it derives calls it by its name.
use validator::Validate as _;

use super::FORM;
use crate::Subject;

static PHONE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[+]?[0-9()][0-9() .-]{5,20}$").expect("a pattern"));
static CUIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^(20|23|24|27|30|33|34|50|51|55)-?[0-9]{8}-?[0-9]$").expect("a pattern"));

#[derive(Debug, Deserialize, garde::Validate, validator::Validate)]
#[allow(dead_code, reason = "what has no rule is read and dropped")]
struct JobForm {
    #[garde(skip)]
    id: Uuid,
    #[garde(length(chars, min = 3, max = 120))]
    #[validate(length(min = 3, max = 120))]
    title: String,
    #[garde(length(chars, max = 2000))]
    #[validate(length(max = 2000))]
    description: String,
    #[garde(length(chars, min = 1, max = 200))]
    #[validate(length(min = 1, max = 200))]
    address: String,
    #[garde(pattern(PHONE))]
    #[validate(regex(path = *PHONE))]
    customer_phone: String,
    #[garde(pattern(PHONE))]
    #[validate(regex(path = *PHONE))]
    site_phone: String,
    #[garde(email)]
    #[validate(email)]
    customer_email: String,
    #[garde(pattern(CUIT))]
    #[validate(regex(path = *CUIT))]
    customer_cuit: String,
    #[garde(skip)]
    price: Decimal,
    #[garde(skip)]
    scheduled_at: jiff::Timestamp,
    #[garde(dive)]
    #[validate(nested)]
    location: Location,
    #[garde(length(min = 1, max = 50), dive)]
    #[validate(length(min = 1, max = 50), nested)]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize, garde::Validate, validator::Validate)]
struct Location {
    #[garde(range(min = -90.0, max = 90.0))]
    #[validate(range(min = -90.0, max = 90.0))]
    lat: f64,
    #[garde(range(min = -180.0, max = 180.0))]
    #[validate(range(min = -180.0, max = 180.0))]
    lon: f64,
}

#[derive(Debug, Deserialize, Serialize, garde::Validate, validator::Validate)]
#[allow(dead_code, reason = "what has no rule is read and dropped")]
struct Item {
    #[garde(length(chars, min = 1, max = 80))]
    #[validate(length(min = 1, max = 80))]
    name: String,
    #[garde(range(min = 1, max = 999))]
    #[validate(range(min = 1, max = 999))]
    quantity: u16,
    #[garde(skip)]
    price: Decimal,
}

fn read() -> JobForm {
    serde_json::from_slice(black_box(FORM)).expect("a form")
}

/// # Panics
/// The form has a fault.
pub fn garde() -> Subject {
    Box::new(|forms| {
        for _ in 0..forms {
            let form = read();
            garde::Validate::validate(&form).expect("a form without a fault");
            black_box(form);
        }
    })
}

/// # Panics
/// The form has a fault.
pub fn validator() -> Subject {
    Box::new(|forms| {
        for _ in 0..forms {
            let form = read();
            validator::Validate::validate(&form).expect("a form without a fault");
            black_box(form);
        }
    })
}
