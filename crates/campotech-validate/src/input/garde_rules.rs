//! garde's rules on what was read, their paths as pointers and their messages as codes.

use std::borrow::Cow;
use std::fmt::Display;

use garde::i18n::{I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind, with_i18n};
use garde::{Path, Report, Validate};
use serde_json::Value;

use super::Input;
use crate::report::{Place, Violation, codes};

/// A field and what it is called in what was sent.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    field: &'static str,
    name: &'static str,
    beside: bool,
}

impl Wire {
    /// The field of type `T`.
    #[must_use]
    pub const fn of<T: Input>(field: &'static str, name: &'static str) -> Self {
        Self { field, name, beside: T::BESIDE }
    }

    /// Where its faults are told: a field whose members stand beside others has no member of its own.
    const fn place<'p>(&'p self, place: &'p Place<'p>) -> Place<'p> {
        if self.beside { *place } else { place.member(self.name) }
    }

    /// Whether it has a fault among the first `among`. A field without a member of its own is left out when it has one.
    fn is_faulty(&self, place: &Place<'_>, among: usize) -> bool {
        !self.beside && self.place(place).is_faulty(among)
    }
}

/// Applies the rules of `draft` and reports what they say at `place`.
///
/// A field that already has a fault isn't reported again, nor is one that should be the same as such a field. Once there are
/// more faults than are listed, no rule is asked.
pub fn apply<D: Validate<Context = ()>>(place: &Place<'_>, wires: &[Wire], draft: &D) {
    if place.is_over() {
        return;
    }
    let mut report = Report::new();
    let read_faults = place.found();
    // Synchronous from end to end: garde keeps the texts in a thread-local for as long as the closure runs.
    with_i18n(Codes, || draft.validate_into(&(), &mut Path::empty, &mut report));
    for (path, error) in report.into_inner() {
        if place.is_over() {
            return;
        }
        let path = path.to_string();
        let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        let field = steps.next().unwrap_or("");
        let Some(wire) = find(wires, field) else { continue };
        let other = error.message().strip_prefix("matches|field=").and_then(|name| find(wires, name));
        if wire.is_faulty(place, read_faults)
            || other.is_some_and(|other| other.is_faulty(place, read_faults))
        {
            continue;
        }
        let violation = match other {
            Some(other) => Violation::new(&codes::MATCHES).with("field", other.name),
            None => decoded(error.message()),
        };
        // Rules on the items of a list are the only ones that go deeper than the field.
        report_below(&wire.place(place), &mut steps.filter_map(|step| step.parse().ok()), violation);
    }
}

fn report_below(place: &Place<'_>, items: &mut dyn Iterator<Item = usize>, violation: Violation) {
    match items.next() {
        Some(index) => report_below(&place.item(index), items, violation),
        None => place.report(violation),
    }
}

fn find<'w>(wires: &'w [Wire], field: &str) -> Option<&'w Wire> {
    wires.iter().find(|wire| wire.field == field)
}

/// A message of [`Codes`]: `length.min|min=3`. Texts of foreign rules are not shown: they may repeat the input.
fn decoded(message: &str) -> Violation {
    let mut parts = message.split('|');
    let code = parts.next().and_then(codes::named).unwrap_or(&codes::RULE);
    let params = parts.filter_map(|part| part.split_once('='));
    params.fold(Violation::new(code), |violation, (name, value)| violation.with(name, param(value)))
}

/// Numbers where JSON has the very same one, and texts as they are. `1000.00` and what no float holds stay texts.
fn param(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => {
            let same = number.as_f64().is_some_and(|float| float.to_string() == text);
            if number.is_i64() || number.is_u64() || same { number.into() } else { text.into() }
        }
        Ok(value) => value,
        Err(_) => text.into(),
    }
}

/// Codes in the place of texts; the text is chosen when the answer is rendered.
struct Codes;

type Message = Cow<'static, str>;

impl I18n for Codes {
    fn length_lower_than(&self, min: usize) -> Message {
        format!("length.min|min={min}").into()
    }

    fn length_greater_than(&self, max: usize) -> Message {
        format!("length.max|max={max}").into()
    }

    fn range_lower_than(&self, min: &dyn Display) -> Message {
        format!("range.min|min={min:#}").into()
    }

    fn range_greater_than(&self, max: &dyn Display) -> Message {
        format!("range.max|max={max:#}").into()
    }

    fn credit_card_invalid(&self, _: InvalidCreditCard) -> Message {
        "card.invalid".into()
    }

    fn pattern_no_match(&self, _: &dyn Display) -> Message {
        "pattern".into()
    }

    fn contains_missing(&self, _: &dyn Display) -> Message {
        "string.contains".into()
    }

    fn url_invalid(&self, _: InvalidUrl) -> Message {
        "url.invalid".into()
    }

    fn prefix_missing(&self, _: &dyn Display) -> Message {
        "string.prefix".into()
    }

    fn suffix_missing(&self, _: &dyn Display) -> Message {
        "string.suffix".into()
    }

    fn phone_number_invalid(&self, _: InvalidPhoneNumber) -> Message {
        "phone.invalid".into()
    }

    fn ip_invalid(&self, _: IpKind) -> Message {
        "ip.invalid".into()
    }

    fn matches_field_mismatch(&self, field: &dyn Display) -> Message {
        format!("matches|field={field}").into()
    }

    fn email_invalid(&self, reason: InvalidEmail) -> Message {
        match reason {
            InvalidEmail::InvalidUser => "email.local",
            InvalidEmail::InvalidDomain => "email.domain",
            InvalidEmail::UserLengthExceeded | InvalidEmail::DomainLengthExceeded => "email.length",
            _ => "email.syntax",
        }
        .into()
    }

    fn ascii_invalid(&self) -> Message {
        "ascii".into()
    }

    fn alphanumeric_invalid(&self) -> Message {
        "alphanumeric".into()
    }

    fn required_not_set(&self) -> Message {
        "required".into()
    }
}

/// Whether one of `fields` has a fault among the first `among`, or may have one that isn't listed.
#[must_use]
pub fn any_faulty(place: &Place<'_>, wires: &[Wire], fields: &[&str], among: usize) -> bool {
    let faulty = |field: &&str| find(wires, field).is_some_and(|wire| wire.is_faulty(place, among));
    place.is_over() || (among > 0 && fields.iter().any(faulty))
}

/// Reports what a check over several fields found.
pub fn report_at(place: &Place<'_>, wires: &[Wire], field: &str, violation: Violation) {
    if let Some(wire) = find(wires, field) {
        wire.place(place).report(violation);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_told_without_a_loss() {
        for (message, told) in [
            ("range.max|max=7", json!(7)),
            ("range.max|max=-90", json!(-90)),
            ("range.max|max=0.5", json!(0.5)),
            ("range.max|max=18446744073709551615", json!(u64::MAX)),
            ("range.max|max=1000.00", json!("1000.00")),
            ("range.max|max=12345678901234567.89", json!("12345678901234567.89")),
            ("range.max|max=12345678901234567890123", json!("12345678901234567890123")),
            ("range.max|max=\"1000.25\"", json!("1000.25")),
            ("range.max|max=inf", json!("inf")),
        ] {
            assert_eq!(decoded(message).params()["max"], told, "{message}");
        }
    }
}
