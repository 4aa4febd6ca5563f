//! What was probably meant by a text that is no number.

use super::digits::Digits;
use super::written::{self, Written};
use super::{ArPhone, Fault};

/// A mistake that people make with Argentine numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PhoneRepair {
    /// `+54 9 11 15 8765 4321`: the 9 and the 15 say the same, one of them is enough.
    NineAndFifteen,
    /// `+54 9 011 8765 4321`: no 0 behind the 9.
    NineAndZero,
    /// `15 11 8765 4321`: the 15 belongs behind the area code.
    FifteenFirst,
    /// `011 54 9 11 8765 4321`: how North America calls Argentina.
    ExitCode,
    /// `5491187654321@s.whatsapp.net`: an address of WhatsApp.
    WhatsAppAddress,
}

impl PhoneRepair {
    /// The name that programs know it by: the parameter `hint` of a violation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NineAndFifteen => "nine_and_fifteen",
            Self::NineAndZero => "nine_and_zero",
            Self::FifteenFirst => "fifteen_first",
            Self::ExitCode => "exit_code",
            Self::WhatsAppAddress => "whatsapp_address",
        }
    }
}

/// The `wa_id` of an address.
pub(super) fn without_wa_host(address: &str) -> Option<&str> {
    address.strip_suffix("@s.whatsapp.net").or_else(|| address.strip_suffix("@c.us"))
}

/// The number that was meant.
pub(super) fn of(text: &str) -> Option<(ArPhone, PhoneRepair)> {
    if text.len() <= written::LONGEST
        && let Some(id) = without_wa_host(text.trim())
    {
        return ArPhone::from_wa_id(id).ok().map(|phone| (phone, PhoneRepair::WhatsAppAddress));
    }
    let written = written::read(text).ok()?;
    // A mistake looks like another country's number now and then: +90 is Turkey's.
    if matches!(ArPhone::of(&written), Ok(_) | Err(Fault::OtherCountry)) {
        return None;
    }
    if let Some(number) = written.digits.strip_prefix(b"011").filter(|number| number.starts_with(b"54")) {
        let abroad = Written { plus: true, digits: Digits::of(number) };
        return ArPhone::of(&abroad).ok().map(|phone| (phone, PhoneRepair::ExitCode));
    }
    let digits = written.digits.strip_prefix(b"00").unwrap_or(&written.digits);
    let national = digits.strip_prefix(b"54").unwrap_or(digits);
    if let Some(line) = national.strip_prefix(b"90") {
        return ArPhone::mobile(line)
            .or_else(|| without_fifteen(line))
            .map(|phone| (phone, PhoneRepair::NineAndZero));
    }
    if let Some(phone) = national.strip_prefix(b"9").and_then(without_fifteen) {
        return Some((phone, PhoneRepair::NineAndFifteen));
    }
    let local = national.strip_prefix(b"0").unwrap_or(national);
    let line = local.strip_prefix(b"15")?;
    let line = line.strip_prefix(b"0").unwrap_or(line);
    ArPhone::mobile(line).map(|phone| (phone, PhoneRepair::FifteenFirst))
}

/// The mobile of an area, a 15 and a subscriber.
fn without_fifteen(line: &[u8]) -> Option<ArPhone> {
    ArPhone::of(&Written { plus: false, digits: Digits::of(line) })
        .ok()
        .filter(|phone| line.len() == 12 && phone.is_mobile())
}
