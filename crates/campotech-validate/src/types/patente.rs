//! Number plates.

use std::fmt;

use super::ascii;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// What plates look like, and what they are of.
const SHAPES: [(&[u8], PatenteKind, bool); 4] = [
    (b"AAA000", PatenteKind::Car, false),
    (b"AA000AA", PatenteKind::Car, true),
    (b"000AAA", PatenteKind::Motorcycle, false),
    (b"A000AAA", PatenteKind::Motorcycle, true),
];

/// An Argentine number plate, in either case, perhaps with single spaces or hyphens in it.
///
/// Cars `AAA000` (1995) and `AA000AA` (Mercosur, since 2016, law 27.187); motorcycles `000AAA` and `A000AAA`. Normal form:
/// upper case, written together.
///
/// ```
/// use campotech_validate::{Patente, PatenteKind};
///
/// let plate: Patente = "ab 123 cd".parse()?;
/// assert_eq!(plate.as_str(), "AB123CD");
/// assert_eq!(plate.kind(), PatenteKind::Car);
/// assert_eq!("AB12CD".parse::<Patente>().unwrap_err().code().name, "patente.format");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Patente {
    /// A zero behind a shorter one.
    ascii: [u8; 7],
    kind: PatenteKind,
    mercosur: bool,
}

/// What a plate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatenteKind {
    /// A car, a van, a lorry.
    Car,
    /// A motorcycle.
    Motorcycle,
}

impl Patente {
    /// The plate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(if self.mercosur { &self.ascii } else { &self.ascii[..6] })
    }

    /// What it is of.
    #[must_use]
    pub const fn kind(&self) -> PatenteKind {
        self.kind
    }

    /// Whether it has the form of the Mercosur.
    #[must_use]
    pub const fn is_mercosur(&self) -> bool {
        self.mercosur
    }
}

impl ParseText for Patente {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let found = ascii::upper::<7>(text).and_then(|(ascii, len)| {
            let shape = SHAPES.iter().find(|(shape, ..)| ascii::has_shape(&ascii[..len], shape));
            shape.map(|&(_, kind, mercosur)| Self { ascii, kind, mercosur })
        });
        found.ok_or_else(|| Violation::new(&codes::PATENTE_FORMAT))
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let form = "^([A-Za-z]([ -]?[A-Za-z]){2}([ -]?[0-9]){3}\
                    |[A-Za-z][ -]?[A-Za-z]([ -]?[0-9]){3}([ -]?[A-Za-z]){2}\
                    |[0-9]([ -]?[0-9]){2}([ -]?[A-Za-z]){3}\
                    |[A-Za-z]([ -]?[0-9]){3}([ -]?[A-Za-z]){3})$";
        let schema = Schema::string().with("pattern", form).with("maxLength", 13);
        schema.with("examples", vec!["AB123CD", "ABC123"])
    }
}

impl fmt::Display for Patente {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `Patente(***CD)`.
impl fmt::Debug for Patente {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plate = self.as_str();
        write!(f, "Patente(***{})", &plate[plate.len() - 2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, normal, kind, mercosur) in [
            ("ABC123", "ABC123", PatenteKind::Car, false),
            ("abc-123", "ABC123", PatenteKind::Car, false),
            ("AB123CD", "AB123CD", PatenteKind::Car, true),
            ("123ABC", "123ABC", PatenteKind::Motorcycle, false),
            ("A123BCD", "A123BCD", PatenteKind::Motorcycle, true),
            ("a 123 bcd", "A123BCD", PatenteKind::Motorcycle, true),
        ] {
            let plate: Patente = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((plate.as_str(), plate.kind(), plate.is_mercosur()), (normal, kind, mercosur));
        }
        assert_eq!(format!("{:?}", "AB123CD".parse::<Patente>().unwrap()), "Patente(***CD)");
        for bad in
            ["", "AB12CD", "ABCD123", "AB123C", "AÑC123", "AB  123CD", " AB123CD", "AB123CD-", "AB.123.CD"]
        {
            assert_eq!(bad.parse::<Patente>().unwrap_err().code().name, "patente.format", "{bad}");
        }
    }
}
