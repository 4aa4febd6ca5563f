//! Names of accounts.

use std::fmt;

use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};
use crate::types::ascii;

/// An alias of a CBU or CVU: six to twenty letters, digits, dots and hyphens.
///
/// BCRA, communication A 6044. Neither ñ nor accents; case makes no difference. Normal form: lower case.
///
/// ```
/// use campotech_validate::CbuAlias;
///
/// let alias: CbuAlias = "CUARTO.CENTRO.NAIPE".parse()?;
/// assert_eq!(alias.as_str(), "cuarto.centro.naipe");
/// assert_eq!("con espacio".parse::<CbuAlias>().unwrap_err().code().name, "alias.format");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CbuAlias {
    /// Zeros behind the text.
    ascii: [u8; 20],
    len: u8,
}

impl CbuAlias {
    /// The alias.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii::text(&self.ascii[..usize::from(self.len)])
    }
}

impl ParseText for CbuAlias {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let mut ascii = [0; 20];
        let fits = (6..=20).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        match u8::try_from(text.len()) {
            Ok(len) if fits => {
                for (to, from) in ascii.iter_mut().zip(text.bytes()) {
                    *to = from.to_ascii_lowercase();
                }
                Ok(Self { ascii, len })
            }
            _ => Err(Violation::new(&codes::ALIAS_FORMAT)),
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("pattern", "^[0-9A-Za-z.-]{6,20}$").with("maxLength", 20);
        schema.with("examples", vec!["cuarto.centro.naipe"])
    }
}

impl fmt::Display for CbuAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Masked, so that it may stand in a log: `CbuAlias(c***)`.
impl fmt::Debug for CbuAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CbuAlias({}***)", &self.as_str()[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let alias: CbuAlias = "CUARTO.CENTRO.NAIPE".parse().unwrap();
        assert_eq!(Ok(alias), "cuarto.Centro.naipe".parse());
        assert_eq!(format!("{alias:?}"), "CbuAlias(c***)");
        for fine in ["abcdef", "a-b.c9", "12345678901234567890"] {
            assert_eq!(fine.parse::<CbuAlias>().unwrap().as_str(), fine);
        }
        for bad in
            ["", "corto", "con espacio", "ñandues", "123456789012345678901", "abc_def", " abcdef", "abcdé"]
        {
            assert_eq!(bad.parse::<CbuAlias>().unwrap_err().code().name, "alias.format", "{bad}");
        }
    }
}
