//! garde's rules on what was read, their paths as pointers and their messages as codes.

use std::borrow::Cow;
use std::fmt::Display;

use garde::i18n::{I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind, with_i18n};
use garde::{Path, Report, Validate};
use serde_json::Value;

use crate::report::{Place, Violation, codes};

/// Applies the rules of `draft` and reports what they say at `place`.
///
/// `wires` has a wire name for each field. A field that already has a fault isn't reported again, nor is one that
/// should be the same as such a field.
pub fn apply<D: Validate<Context = ()>>(
    place: &Place<'_>,
    wires: &[(&'static str, &'static str)],
    draft: &D,
) {
    let mut report = Report::new();
    let read_faults = place.found();
    // Synchronous from end to end: garde keeps the texts in a thread-local for as long as the closure runs.
    with_i18n(Codes, || draft.validate_into(&(), &mut Path::empty, &mut report));
    for (path, error) in report.into_inner() {
        let path = path.to_string();
        let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        let field = steps.next().unwrap_or("");
        let wire = wires.iter().find(|(name, _)| *name == field).map_or(field, |(_, wire)| wire);
        let member = place.member(wire);
        let same_as = error.message().strip_prefix("matches|field=");
        let other = same_as.and_then(|name| wires.iter().find(|(field, _)| *field == name));
        if member.is_faulty(read_faults)
            || other.is_some_and(|(_, wire)| place.member(wire).is_faulty(read_faults))
        {
            continue;
        }
        let violation = match other {
            Some((_, wire)) => Violation::new(&codes::MATCHES).with("field", *wire),
            None => decoded(error.message()),
        };
        // A rule on the items of a list is the only one that goes deeper than the field.
        match steps.find_map(|step| step.parse().ok()) {
            Some(index) => member.item(index).report(violation),
            None => member.report(violation),
        }
    }
}

/// A message of [`Codes`]: `length.min|min=3`. Texts of foreign rules are not shown: they may repeat the input.
fn decoded(message: &str) -> Violation {
    let mut parts = message.split('|');
    let code = parts.next().and_then(codes::named).unwrap_or(&codes::RULE);
    let params = parts.filter_map(|part| part.split_once('='));
    params.fold(Violation::new(code), |violation, (name, value)| {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        violation.with(name, value)
    })
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
        format!("range.min|min={min}").into()
    }

    fn range_greater_than(&self, max: &dyn Display) -> Message {
        format!("range.max|max={max}").into()
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

fn wire_of(wires: &[(&'static str, &'static str)], field: &str) -> &'static str {
    wires.iter().find(|(name, _)| *name == field).map_or("", |(_, wire)| wire)
}

/// Whether one of `fields` has a fault among the first `among`.
#[must_use]
pub fn any_faulty(
    place: &Place<'_>,
    wires: &[(&'static str, &'static str)],
    fields: &[&str],
    among: usize,
) -> bool {
    among > 0 && fields.iter().any(|field| place.member(wire_of(wires, field)).is_faulty(among))
}

/// Reports what a check over several fields found.
pub fn report_at(
    place: &Place<'_>,
    wires: &[(&'static str, &'static str)],
    field: &str,
    violation: Violation,
) {
    place.member(wire_of(wires, field)).report(violation);
}
