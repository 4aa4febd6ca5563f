//! Numbers and truth values, never rounded and never guessed.

use super::Input;
use crate::json::{Node, number_length};
use crate::report::{Place, Violation, codes};
use crate::schema::{Definitions, Schema};

/// The integers up to this have a `f64` each of their own; beyond it two can share one.
const EXACT: i64 = (1 << f64::MANTISSA_DIGITS) - 1;

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Input for $type {
            fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
                let fault = match digits(&node) {
                    Some(text) => match text.parse::<$type>() {
                        Ok(value) => return Some(value),
                        // `-0` is a zero of unsigned types, too.
                        Err(_) if text.trim_start_matches(['-', '0']).is_empty() => return Some(0),
                        Err(_) if text.starts_with('-') => {
                            Violation::new(&codes::RANGE_MIN).with("min", <$type>::MIN)
                        }
                        Err(_) => Violation::new(&codes::RANGE_MAX).with("max", <$type>::MAX),
                    },
                    None => Violation::new(&codes::TYPE).with("expected", "integer"),
                };
                place.report(fault);
                None
            }

            fn schema(_: &mut Definitions) -> Schema {
                Schema::of_type("integer").with("minimum", <$type>::MIN).with("maximum", <$type>::MAX)
            }
        }
    )* };
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// The text of a whole number: an optional `-` and digits, no superfluous zero, no `+`, no exponent, no fraction.
fn digits<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let text = number(node)?;
    text.bytes().all(|b| b == b'-' || b.is_ascii_digit()).then_some(text)
}

/// The text of a number as JSON has it, also where it came as a parameter.
fn number<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match node {
        Node::Number(text) => Some(text),
        Node::Parameter(text) => (number_length(text.as_bytes()) == Some(text.len())).then_some(&**text),
        _ => None,
    }
}

/// Whether a number's digits say zero: `1e-400` is too small for a `f64`, and would become one.
fn is_zero(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    !mantissa.contains(|digit: char| matches!(digit, '1'..='9'))
}

impl Input for f64 {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let read = number(&node).and_then(|text| Some((text, text.parse::<Self>().ok()?)));
        let Some((text, value)) = read else {
            place.report(Violation::new(&codes::TYPE).with("expected", "number"));
            return None;
        };
        // However it is spelled: `9007199254740993.0` is rounded as its digits alone would be.
        if value.abs() > EXACT as Self || (value == 0.0 && !is_zero(text)) {
            place.report(&codes::NUMBER_PRECISION);
            return None;
        }
        Some(value)
    }

    fn schema(_: &mut Definitions) -> Schema {
        Schema::of_type("number").with("minimum", -EXACT).with("maximum", EXACT)
    }
}

impl Input for bool {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        match node {
            Node::Bool(value) => return Some(value),
            Node::Parameter(text) if text == "true" => return Some(true),
            Node::Parameter(text) if text == "false" => return Some(false),
            _ => place.report(Violation::new(&codes::TYPE).with("expected", "boolean")),
        }
        None
    }

    fn schema(_: &mut Definitions) -> Schema {
        Schema::of_type("boolean")
    }
}
