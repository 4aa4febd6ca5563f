//! Amounts of money.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// An amount of Argentine pesos, exact to the centavo: text with a point and at most two decimals (`1234.56`).
///
/// Text and no number, since a JSON number is a float to most who read it. Neither exponent, plus, separators nor
/// superfluous zeros; the way Argentines write it, `1.234,56`, only by [`parse_es_ar`](Self::parse_es_ar), since
/// `1.234` is something else here. Up to ninety quadrillion in either direction. Normal form: two decimals.
///
/// ```
/// use campotech_validate::Money;
///
/// let price: Money = "1234.5".parse()?;
/// assert_eq!((price.to_string().as_str(), price.cents()), ("1234.50", 123_450));
/// assert_eq!(Money::parse_es_ar("1.234,50")?, price);
/// assert_eq!(price.checked_add(Money::from_cents(1)), Some(Money::from_cents(123_451)));
/// assert_eq!("1e3".parse::<Money>().unwrap_err().code().name, "money.format");
/// assert_eq!("0.125".parse::<Money>().unwrap_err().code().name, "number.scale");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Money(i64);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The smallest amount, below zero.
    pub const MIN: Self = Self(-Self::MAX.0);
    /// The largest amount.
    pub const MAX: Self = Self(9_000_000_000_000_000_000);
    const DECIMALS: usize = 2;
    /// A space, and those that `Intl.NumberFormat` puts there so that no line breaks at them.
    const SPACES: [char; 3] = [' ', '\u{a0}', '\u{202f}'];

    /// An amount of centavos, or the nearest that there is.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        if cents > Self::MAX.0 {
            Self::MAX
        } else if cents < Self::MIN.0 {
            Self::MIN
        } else {
            Self(cents)
        }
    }

    /// The centavos.
    #[must_use]
    pub const fn cents(self) -> i64 {
        self.0
    }

    /// The sum, unless it is beyond all amounts.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::of)
    }

    /// The difference, unless it is beyond all amounts.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::of)
    }

    /// So many times the amount, unless it is beyond all amounts.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).and_then(Self::of)
    }

    /// An amount as Argentines write it, and as `Intl.NumberFormat('es-AR')` prints it: a comma before the decimals, perhaps
    /// points between the thousands, perhaps a `$` first. Spaces around it and behind the `$` may be those that don't break.
    ///
    /// # Errors
    /// `money.format`, `number.scale`, `range.min`, `range.max`.
    pub fn parse_es_ar(text: &str) -> Result<Self, Violation> {
        let format = || Violation::new(&codes::MONEY_FORMAT);
        let (negative, text) = sign(text.trim_matches(Self::SPACES));
        let text = text.strip_prefix('$').map_or(text, |text| text.trim_start_matches(Self::SPACES));
        let (whole, decimals) =
            text.split_once(',').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
        let mut groups = whole.split('.');
        let first = groups.next().unwrap_or_default();
        let grouped = whole.len() > first.len();
        if grouped && !(matches!(first.len(), 1..=3) && groups.all(|group| group.len() == 3)) {
            return Err(format());
        }
        amount(negative, whole.split('.'), decimals)
    }

    fn of(cents: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&cents).then_some(Self(cents))
    }
}

impl ParseText for Money {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let (negative, text) = sign(text);
        if let Some(cents) = everyday(text.as_bytes()) {
            return Ok(Self(if negative { -cents } else { cents }));
        }
        let (whole, decimals) =
            text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
        amount(negative, std::iter::once(whole), decimals)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^-?(0|[1-9][0-9]{0,16})([.][0-9]{1,2})?$";
        let schema = Schema::string().with("pattern", form).with("maxLength", 21);
        schema.with("examples", vec!["1234.50"])
    }
}

/// With two decimals far from the end of an `i64`.
const EVERYDAY: usize = 12;

fn sign(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text), |text| (true, text))
}

/// The centavos of an amount without a fault of at most [`EVERYDAY`] digits before the point; None where there is more to look at.
fn everyday(text: &[u8]) -> Option<i64> {
    let (whole, tens, units) = match text {
        [whole @ .., b'.', tens, units] => (whole, *tens, *units),
        [whole @ .., b'.', tens] => (whole, *tens, b'0'),
        whole => (whole, b'0', b'0'),
    };
    if !matches!((whole, whole.len()), ([b'0'], 1) | ([b'1'..=b'9', ..], ..=EVERYDAY)) {
        return None;
    }
    let (mut cents, mut strange) = (0, false);
    let mut push = |digit: u8| {
        let digit = digit.wrapping_sub(b'0');
        strange |= digit > 9;
        cents = cents * 10 + i64::from(digit);
    };
    whole.iter().copied().for_each(&mut push);
    [tens, units].into_iter().for_each(&mut push);
    (!strange).then_some(cents)
}

/// The amount of these digits, whose groups belong together.
fn amount<'t>(
    negative: bool,
    whole: impl Iterator<Item = &'t str> + Clone,
    decimals: Option<&'t str>,
) -> Result<Money, Violation> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut integer = whole.clone().flat_map(str::bytes);
    let superfluous = integer.next() == Some(b'0') && integer.next().is_some();
    let empty = whole.clone().any(str::is_empty) || decimals == Some("");
    if empty || superfluous || !whole.clone().chain(decimals).all(digits) {
        return Err(Violation::new(&codes::MONEY_FORMAT));
    }
    let decimals = decimals.unwrap_or_default();
    if decimals.len() > Money::DECIMALS {
        return Err(Violation::new(&codes::NUMBER_SCALE).with("max", Money::DECIMALS));
    }
    let padded = decimals.bytes().chain([b'0'; Money::DECIMALS]).take(Money::DECIMALS);
    let mut cents = Some(0_i64);
    for digit in whole.flat_map(str::bytes).chain(padded) {
        cents = cents.and_then(|cents| cents.checked_mul(10)?.checked_add(i64::from(digit - b'0')));
    }
    let beyond = || match negative {
        true => Violation::new(&codes::RANGE_MIN).with("min", Money::MIN.to_string()),
        false => Violation::new(&codes::RANGE_MAX).with("max", Money::MAX.to_string()),
    };
    let signed = cents.map(|cents| if negative { -cents } else { cents });
    signed.and_then(Money::of).ok_or_else(beyond)
}

/// `{:#}` is the text as JSON has it, in quotes: that is how a limit is told that would else read like a number.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        let quote = if f.alternate() { "\"" } else { "" };
        write!(f, "{quote}{sign}{}.{:02}{quote}", cents / 100, cents % 100)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

impl garde::rules::range::Bounds for Money {
    type Size = Self;

    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;

    fn validate_bounds(&self, lower: Self, upper: Self) -> Result<(), garde::rules::range::OutOfBounds> {
        self.0.validate_bounds(lower.0, upper.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, validate_json};

    #[test]
    fn vectors() {
        for (text, cents, normal) in [
            ("1234.5", 123_450, "1234.50"),
            ("0", 0, "0.00"),
            ("-0.01", -1, "-0.01"),
            ("-0", 0, "0.00"),
            ("0.07", 7, "0.07"),
            ("90000000000000000", 9_000_000_000_000_000_000, "90000000000000000.00"),
        ] {
            let money: Money = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((money.cents(), money.to_string().as_str()), (cents, normal), "{text}");
        }
        for (text, expected) in [
            ("", "money.format"),
            ("-", "money.format"),
            (".5", "money.format"),
            ("5.", "money.format"),
            ("1e3", "money.format"),
            ("NaN", "money.format"),
            ("Infinity", "money.format"),
            ("+5", "money.format"),
            ("05", "money.format"),
            ("1,234", "money.format"),
            ("1.234,56", "money.format"),
            (" 5", "money.format"),
            ("--5", "money.format"),
            ("٥", "money.format"),
            ("1.234", "number.scale"),
            ("90000000000000000.01", "range.max"),
            ("-99999999999999999999", "range.min"),
        ] {
            assert_eq!(text.parse::<Money>().unwrap_err().code().name, expected, "{text}");
        }
    }

    #[test]
    fn as_argentines_write_it() {
        for (text, cents) in [
            ("1.234,56", 123_456),
            ("1234,5", 123_450),
            ("$ 1.234.567", 123_456_700),
            ("-$0,5", -50),
            ("$\u{a0}1.234,50", 123_450),
            ("-$\u{a0}1.234,50", -123_450),
            ("\u{202f}$\u{202f}1.234,50\u{a0}", 123_450),
            ("12", 1200),
        ] {
            assert_eq!(Money::parse_es_ar(text).unwrap().cents(), cents, "{text}");
        }
        for bad in [
            "1\u{a0}234",
            "1.23",
            "1.2345",
            "1234.567",
            ".123",
            "1..234",
            "1,2,3",
            "1,",
            "$",
            "0.123",
            "1.234.56",
        ] {
            assert_eq!(Money::parse_es_ar(bad).unwrap_err().code().name, "money.format", "{bad}");
        }
        assert_eq!(Money::parse_es_ar("1,234").unwrap_err().code().name, "number.scale");
    }

    #[test]
    fn sums_never_wrap() {
        assert_eq!(Money::MAX.checked_add(Money::from_cents(1)), None);
        assert_eq!(Money::MIN.checked_sub(Money::MAX), None);
        assert_eq!(Money::MAX.checked_mul(2), None);
        assert_eq!(Money::from_cents(i64::MIN), Money::MIN);
        assert_eq!(Money::from_cents(250).checked_mul(3), Some(Money::from_cents(750)));
    }

    crate::input! {
        #[derive(Debug)]
        struct Quote {
            #[garde(range(min = Money::from_cents(1), max = Money::from_cents(100_000)))]
            price: Money,
        }
    }

    #[test]
    fn rules_bound_it() {
        let read = |body: &str| validate_json::<Quote>(body.as_bytes(), &Limits::new());
        assert_eq!(read(r#"{"price": "1000"}"#).unwrap().price, Money::from_cents(100_000));
        for (body, code) in [
            (r#"{"price": "0"}"#, "range.min"),
            (r#"{"price": "1000.01"}"#, "range.max"),
            (r#"{"price": 10}"#, "type"),
        ] {
            assert_eq!(read(body).unwrap_err().issues()[0].code(), code, "{body}");
        }
    }

    #[test]
    fn everyday_amounts_are_what_the_long_way_makes_of_them() {
        use proptest::prelude::*;
        proptest!(|(text in "(0|[1-9])?[0-9]{0,13}([.][0-9]{0,3})?|[0-9.+e-]{0,6}")| {
            let (whole, decimals) = text.split_once('.').map_or((&*text, None), |(whole, rest)| (whole, Some(rest)));
            let long = amount(false, std::iter::once(whole), decimals).ok().map(Money::cents);
            prop_assert_eq!(everyday(text.as_bytes()), long.filter(|_| whole.len() <= EVERYDAY), "{}", text);
        });
    }

    #[test]
    fn limits_are_told_as_amounts() {
        crate::input! {
            #[derive(Debug)]
            struct Quotes {
                #[garde(range(max = Money::from_cents(100_000)))]
                round: Money,
                #[garde(range(max = Money::from_cents(1_234_567_890_123_456_789)))]
                long: Money,
                #[garde(range(max = Money::from_cents(100_025)))]
                quarters: Money,
                #[garde(range(max = 7))]
                count: u8,
                #[garde(range(max = 0.5))]
                share: f64,
            }
        }
        let fine = r#"{"round": "1000", "long": "0", "quarters": "1000.25", "count": 7, "share": 0.5}"#;
        let quotes = validate_json::<Quotes>(fine.as_bytes(), &Limits::new()).unwrap();
        assert_eq!(
            (quotes.round.cents(), quotes.long, quotes.quarters.cents()),
            (100_000, Money::ZERO, 100_025)
        );
        assert_eq!((quotes.count, quotes.share.to_string().as_str()), (7, "0.5"));
        let most = "90000000000000000";
        let body = format!(
            r#"{{"round": "{most}", "long": "{most}", "quarters": "{most}", "count": 8, "share": 0.75}}"#
        );
        let rejection = validate_json::<Quotes>(body.as_bytes(), &Limits::new()).unwrap_err();
        let limits: Vec<_> =
            rejection.issues().iter().map(|issue| issue.violation().params()["max"].to_string()).collect();
        let told = [r#""1000.00""#, r#""12345678901234567.89""#, r#""1000.25""#, "7", "0.5"];
        assert_eq!(limits.iter().collect::<std::collections::BTreeSet<_>>().len(), told.len(), "{limits:?}");
        assert!(told.iter().all(|told| limits.iter().any(|limit| limit == told)), "{limits:?}");
    }
}
