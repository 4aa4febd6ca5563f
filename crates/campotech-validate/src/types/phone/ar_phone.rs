//! An Argentine number.

use std::fmt;

use super::digits::Digits;
use super::plan::{self, National};
use super::written::{self, Written};
use super::{Fault, PhoneKind, PhoneRepair, repair, strict};
use crate::input::ParseText;
use crate::report::Violation;
use crate::schema::{Definitions, Schema};

/// An Argentine number that can be called, however it was written.
///
/// Understood as somebody in Argentina would: `011 4321-1234`, `0343 15 555-1212`, `+54 9 11 …`, `(02966) 15 …`. Value
/// and kind are those of Google's libphonenumber with Argentina as the region, which is lenient: it skips what stands
/// before the number, reads letters as those of a keypad and drops extensions. [`parse_strict`](Self::parse_strict) takes
/// numbers only. Reading allocates nothing.
///
/// Normal form: E.164. A mobile keeps its 9 (`+5493435551212`), a fixed line has none. Since a mobile is often written
/// without the 9, compare by [`comparison_key`](Self::comparison_key).
///
/// ```
/// use campotech_validate::{ArPhone, PhoneKind};
///
/// let phone: ArPhone = "0343 15 555-1212".parse()?;
/// assert_eq!(phone.as_str(), "+5493435551212");
/// assert_eq!(phone.kind(), PhoneKind::Mobile);
/// assert_eq!(phone.to_wa_outbound(), "543435551212");
///
/// let unfinished = "4321-1234".parse::<ArPhone>().unwrap_err();
/// assert_eq!(unfinished.code().name, "phone.area");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArPhone {
    /// `+54` and the ten or eleven digits of the national number; zeros behind them.
    e164: [u8; 14],
    len: u8,
    kind: PhoneKind,
}

/// What stands before an Argentine number abroad.
const PREFIX: &[u8] = b"+54";

impl ArPhone {
    /// The number as E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.e164[..usize::from(self.len)]).unwrap_or_default()
    }

    /// A number from the digits that WhatsApp calls a `wa_id`: `549` and ten digits, or `54` and ten digits for the
    /// same mobile, or `54` and the digits of a service; alone or as an address, with `@s.whatsapp.net` or `@c.us` behind
    /// them.
    ///
    /// # Errors
    /// `phone.invalid`, `phone.country` for a number of another country, and others for Argentine numbers that don't
    /// exist.
    pub fn from_wa_id(id: &str) -> Result<Self, Violation> {
        let digits = repair::without_wa_host(id).unwrap_or(id).as_bytes();
        if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
            return Err(Fault::NotANumber.into());
        }
        // WhatsApp lives on mobiles, so ten digits are one, although they read like a fixed line.
        if let Some(mobile) = digits.strip_prefix(b"54").and_then(Self::mobile) {
            return Ok(mobile);
        }
        Ok(Self::of(&Written { plus: true, digits: Digits::of(digits) })?)
    }

    /// A number that is written as one, without anything else: an optional `+`, ASCII digits, and spaces, hyphens, dots,
    /// slashes or one pair of parentheses between them.
    ///
    /// # Errors
    /// As from [`str::parse`], and `phone.invalid` for anything but a number.
    ///
    /// ```
    /// use campotech_validate::ArPhone;
    ///
    /// assert!(ArPhone::parse_strict("(011) 4321-1234").is_ok());
    /// for lax in ["tel:+541143211234", "011 4321 ABCD", "011 4321-1234 int. 5"] {
    ///     assert!(lax.parse::<ArPhone>().is_ok());
    ///     assert!(ArPhone::parse_strict(lax).is_err());
    /// }
    /// ```
    pub fn parse_strict(text: &str) -> Result<Self, Violation> {
        if strict::is_number(text) { Self::parse_text(text) } else { Err(Fault::NotANumber.into()) }
    }

    /// What was probably meant by a text that is no number, and the mistake in it. To be asked about, never to be stored
    /// unasked.
    ///
    /// ```
    /// use campotech_validate::{ArPhone, PhoneRepair};
    ///
    /// let (meant, mistake) = ArPhone::repair("+54 9 11 15 8765-4321").unwrap();
    /// assert_eq!(meant.as_str(), "+5491187654321");
    /// assert_eq!(mistake, PhoneRepair::NineAndFifteen);
    /// ```
    #[must_use]
    pub fn repair(text: &str) -> Option<(Self, PhoneRepair)> {
        repair::of(text)
    }

    /// What the number is for.
    #[must_use]
    pub const fn kind(&self) -> PhoneKind {
        self.kind
    }

    /// Whether it is known to be a mobile: it has the 9.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.e164[3] == b'9'
    }

    /// What all spellings of one line have in common: its digits behind `+54` and the 9 of a mobile. Ten, or eleven where
    /// a service has as many (`0800 222 12345`).
    #[must_use]
    pub fn comparison_key(&self) -> &str {
        self.as_str().get(PREFIX.len() + usize::from(self.is_mobile())..).unwrap_or_default()
    }

    /// The `wa_id` under which WhatsApp reports messages from this line: `549` and ten digits, or `54` and the digits of a
    /// service, which no 9 stands before.
    #[must_use]
    pub fn to_wa_inbound(&self) -> String {
        let key = self.comparison_key();
        if plan::is_geographic(key.as_bytes()) { format!("549{key}") } else { format!("54{key}") }
    }

    /// The form under which WhatsApp's Cloud API takes messages to this line: `54` and its digits without the 9.
    #[must_use]
    pub fn to_wa_outbound(&self) -> String {
        format!("54{}", self.comparison_key())
    }

    /// Both forms, to look a line up under either: as it is reported, then as it is sent to. Those of a service are one.
    #[must_use]
    pub fn wa_candidates(&self) -> [String; 2] {
        [self.to_wa_inbound(), self.to_wa_outbound()]
    }

    /// The number that was written.
    pub(super) fn of(written: &Written) -> Result<Self, Fault> {
        plan::national(written).map(Self::from)
    }

    /// The mobile whose ten digits these are.
    pub(super) fn mobile(ten: &[u8]) -> Option<Self> {
        let mut digits = Digits::of(b"9");
        digits.extend(ten);
        plan::kind(&digits).filter(|_| ten.len() == 10).map(|kind| Self::from(National { digits, kind }))
    }
}

impl From<National> for ArPhone {
    fn from(National { digits, kind }: National) -> Self {
        let mut e164 = [0; 14];
        let (prefix, rest) = e164.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        let len = PREFIX.len() + digits.len();
        let fitting = digits.len().min(rest.len());
        rest[..fitting].copy_from_slice(&digits[..fitting]);
        // Ten or eleven digits and the prefix.
        Self { e164, len: u8::try_from(len).unwrap_or_default(), kind }
    }
}

impl ParseText for ArPhone {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let number = written::read(text).and_then(|written| Self::of(&written));
        number.map_err(|fault| match repair::of(text) {
            Some((_, mistake)) => Violation::from(fault).with("hint", mistake.as_str()),
            None => fault.into(),
        })
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("maxLength", 250);
        schema.with("examples", vec!["011 15 2345-6789", "+5491123456789"])
    }
}

impl fmt::Display for ArPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `ArPhone(***12)`.
impl fmt::Debug for ArPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.as_str();
        write!(f, "ArPhone(***{})", &number[number.len() - 2..])
    }
}
