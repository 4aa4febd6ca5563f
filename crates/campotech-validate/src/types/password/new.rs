//! A password that somebody chooses.

use std::fmt;

use zeroize::Zeroizing;

use super::given::LONGEST;
use super::prepare::prepare;
use super::weak;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// The fewest code points (NIST SP 800-63B-4, a password as the only factor).
const SHORTEST: usize = 15;

/// A new password: 15 code points or more, 256 bytes at most, nothing about which characters they are.
///
/// Refused: control characters, common long passwords, repetitions and sequences, the name of the service; with
/// [`refuse_words`](Self::refuse_words) also the user's own data (NIST SP 800-63B-4; ASVS 6.2.4, 6.2.5, 6.2.11).
/// Prepared by `OpaqueString` of RFC 8265 (spaces to U+0020, NFC), never trimmed, never shown, wiped when dropped.
///
/// ```
/// use campotech_validate::{NewPassword, ParseText};
///
/// let password = NewPassword::parse_text("termo lechuza vereda 7")?;
/// assert_eq!(password.expose_secret(), "termo lechuza vereda 7");
/// assert!(password.refuse_words(&["eva@example.com"]).is_ok());
/// assert_eq!(NewPassword::parse_text("corta").err().map(|fault| fault.code().name), Some("password.short"));
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// The secret, for hashing.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// Refuses a password that is made of these words: the user's name, address, telephone number.
    ///
    /// What is left without them must still have eight letters or digits. Words of fewer than four characters, and
    /// more than sixteen words, don't count.
    ///
    /// # Errors
    /// `password.personal`.
    pub fn refuse_words(&self, words: &[&str]) -> Result<(), Violation> {
        if weak::is_made_of(&self.0, words) {
            return Err(Violation::new(&codes::PASSWORD_PERSONAL));
        }
        Ok(())
    }
}

impl ParseText for NewPassword {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        let too_long = || Violation::new(&codes::PASSWORD_LONG).with("max", LONGEST);
        if text.len() > LONGEST {
            return Err(too_long());
        }
        let prepared = prepare(text);
        if prepared.len() > LONGEST {
            return Err(too_long());
        }
        if prepared.chars().any(char::is_control) {
            return Err(Violation::new(&codes::TEXT_CONTROL));
        }
        if prepared.chars().count() < SHORTEST {
            return Err(Violation::new(&codes::PASSWORD_SHORT).with("min", SHORTEST));
        }
        if weak::is_common(&prepared) {
            return Err(Violation::new(&codes::PASSWORD_COMMON));
        }
        if weak::follows_a_pattern(&prepared) {
            return Err(Violation::new(&codes::PASSWORD_PATTERN));
        }
        let password = Self(prepared);
        password.refuse_words(&["campotech"])?;
        Ok(password)
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("format", "password").with("writeOnly", true);
        let schema = schema.with("minLength", SHORTEST).with("maxLength", LONGEST);
        schema.with("pattern", r"^[^\u0000-\u001f\u007f-\u009f]*$")
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Password;

    fn code(text: &str) -> &'static str {
        text.parse_password().map_or_else(|v| v.code().name, |_| "ok")
    }

    trait Parse {
        fn parse_password(&self) -> Result<NewPassword, Violation>;
    }

    impl Parse for str {
        fn parse_password(&self) -> Result<NewPassword, Violation> {
            NewPassword::parse_text(self)
        }
    }

    #[test]
    fn no_character_is_asked_for() {
        for fine in [
            "cuatro caballos cruzan rápido",
            "todo minúsculas y espacios",
            "ñandúñandúes en la pampa",
            " spaces count here ",
            "8274 1093 5561 2947",
            "dos veces esto. dos veces esto.",
        ] {
            assert_eq!(code(fine), "ok", "{fine}");
        }
        let sixty_four: String = ('\u{1f600}'..'\u{1f640}').collect();
        assert_eq!(code(&sixty_four), "password.pattern");
        let shuffled: String =
            sixty_four.chars().step_by(3).chain(sixty_four.chars().skip(1).step_by(2)).collect();
        assert_eq!(code(&shuffled), "ok");
    }

    #[test]
    fn weak_ones_are_refused_with_a_reason() {
        for (text, expected) in [
            ("", "password.short"),
            ("fourteen chars", "password.short"),
            ("Passwordpassword", "password.common"),
            ("1234567 1234567 1234567", "password.pattern"),
            ("Contraseña123456", "password.common"),
            ("aaaaaaaaaaaaaaaaaaaa", "password.pattern"),
            ("abcabcabcabcabcabc", "password.pattern"),
            ("abcdefghijklmnop", "password.pattern"),
            ("987654321098765", "password.pattern"),
            ("qwertyuiopasdfgh", "password.pattern"),
            ("campotech campotech!", "password.personal"),
            ("CampoTech-2026-!!", "password.personal"),
            ("fifteen\tcharacters", "text.control"),
            (&"long ".repeat(60), "password.long"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn own_words_are_refused() {
        let password = "juan.perez@example.com 1".parse_password().unwrap();
        assert!(password.refuse_words(&["juan.perez@example.com"]).is_err());
        assert!(password.refuse_words(&["Juan", "Perez", "example.com"]).is_err());
        assert!(password.refuse_words(&["maria", "", "com"]).is_ok());
    }

    #[test]
    fn both_kinds_are_prepared_alike_and_never_shown() {
        let chosen = "el nin\u{303}o y\u{a0}la luna".parse_password().unwrap();
        let given = Password::parse_text("el niño y la luna").unwrap();
        assert_eq!(chosen.expose_secret(), given.expose_secret());
        assert_eq!(format!("{chosen:?} {given:?}"), "NewPassword(***) Password(***)");
        assert!(Password::parse_text("short").is_ok());
        assert!(Password::parse_text(&"x".repeat(257)).is_err());
    }
}
