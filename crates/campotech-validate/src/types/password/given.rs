//! A password that is compared with a stored one.

use std::fmt;

use zeroize::Zeroizing;

use super::prepare::prepare;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// The longest password, in bytes: 64 characters of any script fit, and hashing stays cheap.
pub(super) const LONGEST: usize = 256;

/// A password at login: taken as it is, since the rules of today don't hold for those of yesterday.
///
/// Prepared like [`NewPassword`](super::NewPassword), never shown, wiped when dropped.
///
/// ```
/// use campotech_validate::{ParseText, Password};
///
/// let password = Password::parse_text("corta")?;
/// assert_eq!(password.expose_secret(), "corta");
/// assert!(!format!("{password:?}").contains("corta"));
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The secret, for hashing.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl ParseText for Password {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        if text.is_empty() {
            return Err(Violation::new(&codes::PASSWORD_SHORT).with("min", 1));
        }
        let prepared = if text.len() > LONGEST { None } else { Some(prepare(text)) };
        match prepared {
            Some(prepared) if prepared.len() <= LONGEST => Ok(Self(prepared)),
            _ => Err(Violation::new(&codes::PASSWORD_LONG).with("max", LONGEST)),
        }
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("format", "password").with("writeOnly", true);
        schema.with("minLength", 1).with("maxLength", LONGEST)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}
