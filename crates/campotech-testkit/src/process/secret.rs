//! Passwords.

use std::fs::File;
use std::io::Read;

/// A password nobody guesses, of hexadecimal digits.
pub(crate) fn secret() -> String {
    let mut bytes = [0; 16];
    File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
