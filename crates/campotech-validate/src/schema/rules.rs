//! garde's rules as keywords.

use std::cmp::Ordering;
use std::fmt::Display;

use serde_json::{Number, Value};

use super::{Definitions, Schema};
use crate::input::Input;

/// The schema of a field while its rules are added.
///
/// Rules that no keyword can say are left out.
#[derive(Debug)]
pub struct Rules {
    schema: Schema,
    /// How many `inner(...)` only go into an `Option`, which a schema doesn't show.
    options: usize,
}

impl Rules {
    /// The schema of a field of type `T`: the rules of `input!` see it in one more `Option`.
    pub fn of<T: Input>(definitions: &mut Definitions) -> Self {
        Self { schema: T::schema(definitions), options: T::OPTIONS + 1 }
    }

    /// `length`, in characters of a text or items of a list.
    #[must_use]
    pub fn length(mut self, mode: &str, min: Option<usize>, max: Option<usize>) -> Self {
        let (least, most) = match (self.schema.kind(), mode) {
            ("string", "chars") => ("minLength", "maxLength"),
            ("array", "" | "simple") => ("minItems", "maxItems"),
            _ => return self,
        };
        self.at_least(least, min.map(Number::from));
        self.at_most(most, max.map(Number::from));
        self
    }

    /// `range` of a number.
    #[must_use]
    pub fn range(mut self, min: Option<&dyn Display>, max: Option<&dyn Display>) -> Self {
        if matches!(self.schema.kind(), "integer" | "number") {
            let number = |bound: &dyn Display| bound.to_string().parse().ok();
            self.at_least("minimum", min.and_then(number));
            self.at_most("maximum", max.and_then(number));
        }
        self
    }

    /// `pattern`, and what can be said by one. garde's match anywhere, as a schema's do.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        if self.schema.kind() == "string" {
            let all = self.schema.keywords().entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(all) = all {
                all.push(Schema::any().with("pattern", pattern.into()).into());
            }
        }
        self
    }

    /// `required`: no `null`.
    #[must_use]
    pub fn required(self) -> Self {
        Self { schema: self.schema.not_null(), ..self }
    }

    /// `email`, `url`, `ip` and the like.
    #[must_use]
    pub fn format(self, format: &str) -> Self {
        if self.schema.kind() == "string" {
            return Self { schema: self.schema.with("format", format), ..self };
        }
        self
    }

    /// `inner`: rules of what is in an `Option`, or of the items of a list.
    #[must_use]
    pub fn inner(mut self, rules: impl FnOnce(Self) -> Self) -> Self {
        if let Some(options) = self.options.checked_sub(1) {
            return Self { options: self.options, ..rules(Self { options, ..self }) };
        }
        if let Some(Value::Object(items)) = self.schema.keywords().remove("items") {
            let mut schema = Schema::any();
            *schema.keywords() = items;
            let options = usize::from(schema != schema.clone().not_null());
            self.schema = self.schema.with("items", rules(Self { schema, options }).schema);
        }
        self
    }

    /// The schema with its rules.
    #[must_use]
    pub fn into_schema(self) -> Schema {
        self.schema
    }

    /// The type's own bound holds, too, where it is the narrower one.
    fn at_least(&mut self, keyword: &str, bound: Option<Number>) {
        self.narrow(keyword, bound, Ordering::Greater);
    }

    fn at_most(&mut self, keyword: &str, bound: Option<Number>) {
        self.narrow(keyword, bound, Ordering::Less);
    }

    fn narrow(&mut self, keyword: &str, bound: Option<Number>, narrower: Ordering) {
        let Some(bound) = bound else { return };
        let own = self.schema.get(keyword).and_then(Value::as_number);
        if own.is_none_or(|own| compare(&bound, own) == Some(narrower)) {
            self.schema.keywords().insert(keyword.to_owned(), bound.into());
        }
    }
}

/// Integers as such: the last ones of 64 bits are the same as `f64`.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}
