//! Ours: the form through the function that every entry point ends in.

use std::hint::black_box;

use campotech_validate::{
    ArPhone, Cuit, Email, GeoPoint, Limits, Money, MultilineText, PlainText, Timestamp, Uuid, input,
    validate_json,
};

use super::{FORM, NONE, OURS};
use crate::{Case, Subject};

pub const CASES: &[Case] = &[Case { name: OURS, floor: NONE, begin: ours }];

input! {
    pub struct Item {
        pub name: PlainText<80>,
        #[garde(range(min = 1, max = 999))]
        pub quantity: u16,
        pub price: Money,
    }
}

input! {
    pub struct JobForm {
        pub id: Uuid,
        #[garde(length(chars, min = 3))]
        pub title: PlainText<120>,
        pub description: MultilineText<2000>,
        pub address: PlainText<200>,
        pub customer_phone: ArPhone,
        pub site_phone: ArPhone,
        pub customer_email: Email,
        pub customer_cuit: Cuit,
        pub price: Money,
        pub scheduled_at: Timestamp,
        pub location: GeoPoint,
        #[garde(length(min = 1, max = 50))]
        pub items: Vec<Item>,
    }
}

/// # Panics
/// The form has a fault.
pub fn ours() -> Subject {
    let limits = Limits::new();
    Box::new(move |forms| {
        for _ in 0..forms {
            black_box(validate_json::<JobForm>(black_box(FORM), &limits).expect("a form without a fault"));
        }
    })
}
