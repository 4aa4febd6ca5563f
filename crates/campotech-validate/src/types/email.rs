//! Email addresses.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::char::is_combining_mark;

use super::text::forbidden;
use crate::input::ParseText;
use crate::report::{Violation, codes};
use crate::schema::{Definitions, Schema};

/// The longest part before the `@`, in octets (RFC 5321, section 4.5.3.1.1).
const LOCAL: usize = 64;
/// The longest address, in octets (RFC 3696, erratum 1690).
const WHOLE: usize = 254;
/// What a pattern can say of it; the dots between labels are those of UTS #46.
const FORM: &str = r"^[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]([0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{0,62}[0-9A-Za-z!#$%&'*+/=?^_`{|}~-])?@[^@\s]+[.\u3002\uff0e\uff61][^@\s]+$";
/// The longest label of a domain, in octets (RFC 1035, section 2.3.4).
const LABEL: usize = 63;
/// The longest domain in its A-labels, in octets (RFC 1035, section 2.3.4, without the root's dot and lengths).
const DOMAIN: usize = 253;

/// An email address that mail can be sent to over the internet.
///
/// A dot-atom of RFC 5321 before the `@`; after it a domain of two labels or more whose last one is no number. Neither
/// quoted parts, comments, domain literals nor (for now) letters outside ASCII before the `@`.
///
/// Normal form: the local part as it was written (its case may matter to its host, RFC 5321 section 2.4), the domain in
/// lower case and A-labels (UTS #46). Compare accounts by [`comparison_key`](Self::comparison_key).
///
/// ```
/// use campotech_validate::Email;
///
/// let email: Email = "Juan.Perez@MÜNCHEN.example".parse()?;
/// assert_eq!(email.as_str(), "Juan.Perez@xn--mnchen-3ya.example");
/// assert_eq!(email.comparison_key(), "juan.perez@xn--mnchen-3ya.example");
/// # Ok::<(), campotech_validate::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email {
    address: String,
    at: usize,
}

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.address[..self.at]
    }

    /// The domain, in A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.address[self.at + 1..]
    }

    /// What two spellings of one mailbox have in common: the address in lower case. Dots and `+tags` are kept, since
    /// only some hosts ignore them.
    #[must_use]
    pub fn comparison_key(&self) -> String {
        self.address.to_ascii_lowercase()
    }
}

impl ParseText for Email {
    fn parse_text(text: &str) -> Result<Self, Violation> {
        // What a client may check, too: before its domain is in A-labels, an address is counted in characters.
        if text.len() > WHOLE && text.chars().nth(WHOLE).is_some() {
            return Err(Violation::new(&codes::EMAIL_LENGTH).with("max", WHOLE));
        }
        let visible = text.bytes().fold(true, |visible, byte| visible & byte.is_ascii_graphic());
        if !visible && let Some(code) = text.chars().find_map(|c| forbidden(c, false)) {
            return Err(Violation::new(code));
        }
        let Some(at) = text.bytes().position(|byte| byte == b'@') else {
            return Err(Violation::new(&codes::EMAIL_SYNTAX));
        };
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.len() > LOCAL {
            return Err(Violation::new(&codes::EMAIL_LENGTH).with("max", LOCAL));
        }
        if !is_dot_atom(local.as_bytes()) {
            return Err(Violation::new(&codes::EMAIL_LOCAL));
        }
        let address = if is_plain(domain.as_bytes()) {
            let mut address = text.to_owned();
            address[at..].make_ascii_lowercase();
            address
        } else {
            let domain = a_labels(domain).ok_or_else(|| Violation::new(&codes::EMAIL_DOMAIN))?;
            format!("{local}@{domain}")
        };
        if address.len() > WHOLE {
            return Err(Violation::new(&codes::EMAIL_LENGTH).with("max", WHOLE));
        }
        Ok(Self { address, at })
    }

    fn text_schema(_: &mut Definitions) -> Schema {
        let schema = Schema::string().with("format", "idn-email").with("maxLength", WHOLE);
        schema.with("pattern", FORM)
    }
}

/// Words of `atext`, single dots between them.
fn is_dot_atom(local: &[u8]) -> bool {
    let mut joined = false;
    for byte in local {
        joined = match byte {
            b'.' if joined => false,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~' => true,
            _ => return false,
        };
    }
    joined
}

/// Whether a domain is one of ASCII, whose A-labels are the same in lower case. Where it isn't, [`a_labels`] decides.
fn is_plain(domain: &[u8]) -> bool {
    // Where the label begins, the byte before, and whether all of this label are letters.
    let (mut start, mut before, mut letters) = (0, b'.', true);
    for (at, byte) in domain.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' => letters = false,
            b'.' if before != b'.' && before != b'-' && at - start <= LABEL => {
                (start, letters) = (at + 1, true);
            }
            // Two together are in A-labels, not all of which are right.
            b'-' if before != b'.' && before != b'-' => letters = false,
            _ => return false,
        }
        before = *byte;
    }
    start > 0 && letters && matches!(domain.len() - start, 2..=LABEL) && domain.len() <= DOMAIN
}

fn a_labels(domain: &str) -> Option<String> {
    let uts46 = Uts46::new();
    let ascii = uts46
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()?;
    if ascii.contains("xn--") {
        // UTS #46 lets symbols through that no registry takes: IDNA 2008 has letters, marks and digits.
        let (unicode, _) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        if !unicode.chars().all(|c| c.is_ascii() || c.is_alphanumeric() || is_combining_mark(c) || c == '·')
        {
            return None;
        }
    }
    let (_, last) = ascii.rsplit_once('.')?;
    let letters = last.bytes().all(|b| b.is_ascii_alphabetic()) || last.starts_with("xn--");
    (letters && last.len() >= 2).then(|| ascii.into_owned())
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Masked, so that it may stand in a log: `Email(j***)`. The domain is often somebody's own.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({}***)", &self.local()[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_keeps_the_local_part() {
        let email: Email = "Juan.Perez+Obra@MÜNCHEN.example".parse().unwrap();
        assert_eq!(email.as_str(), "Juan.Perez+Obra@xn--mnchen-3ya.example");
        assert_eq!(email.comparison_key(), "juan.perez+obra@xn--mnchen-3ya.example");
        assert_eq!(format!("{email:?}"), "Email(J***)");
        assert_eq!((email.local(), email.domain()), ("Juan.Perez+Obra", "xn--mnchen-3ya.example"));
    }

    #[test]
    fn no_character_is_a_dot_but_those_of_the_pattern() {
        let dots = ('\0'..=char::MAX).filter(|c| format!("a@example{c}com").parse::<Email>().is_ok());
        assert_eq!(dots.collect::<String>(), ".\u{3002}\u{ff0e}\u{ff61}");
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, expected) in [
            ("", "email.syntax"),
            ("juan", "email.syntax"),
            ("@example.com", "email.local"),
            ("a..b@example.com", "email.local"),
            ("\"a b\"@example.com", "email.local"),
            ("ñandú@example.com", "email.local"),
            ("a@b@example.com", "email.domain"),
            ("a@localhost", "email.domain"),
            ("a@127.0.0.1", "email.domain"),
            ("a@[127.0.0.1]", "email.domain"),
            ("a@-x.com", "email.domain"),
            ("a@x_y.com", "email.domain"),
            ("a@example.com.", "email.domain"),
            ("a@example.com\r\nBcc: b@example.com", "text.line"),
            ("a@exa\u{200b}mple.com", "text.invisible"),
            (&format!("{}@example.com", "a".repeat(65)), "email.length"),
        ] {
            assert_eq!(text.parse::<Email>().unwrap_err().code().name, expected, "{text:?}");
        }
    }

    #[test]
    fn plain_domains_are_their_own_a_labels() {
        use proptest::prelude::*;
        let label = "[a-zA-Z0-9-]{1,4}|[a-z]{60,65}|[-._a-zñ]{0,3}";
        proptest!(|(labels in prop::collection::vec(label, 1..6))| {
            let domain = labels.join(".");
            let labels = a_labels(&domain);
            if is_plain(domain.as_bytes()) {
                prop_assert_eq!(labels, Some(domain.to_ascii_lowercase()));
            } else {
                prop_assert!(labels.is_none() || domain.contains("--") || !domain.is_ascii(), "{}", domain);
            }
        });
    }

    #[test]
    fn a_dot_atom_is_one_of_words_and_single_dots() {
        let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        for byte in 0..=u8::MAX {
            assert_eq!(is_dot_atom(&[byte]), atext(byte), "{byte}");
            assert_eq!(is_dot_atom(&[b'a', byte, b'b']), atext(byte) || byte == b'.', "{byte}");
        }
        for bad in ["", ".", ".a", "a.", "a..b"] {
            assert!(!is_dot_atom(bad.as_bytes()), "{bad}");
        }
    }
}
