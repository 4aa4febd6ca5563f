//! The code of a fault, with its text.

use campotech_core::Localized;

/// What can be wrong: a stable name for programs, and a text for people in every language.
///
/// Make yours a `static`. Names in braces in the text, such as `{max}`, are replaced by the violation's parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, such as `length.max`.
    pub name: &'static str,
    /// What to do about it.
    pub text: Localized,
}
