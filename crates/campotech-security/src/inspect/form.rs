//! Bodies of `application/x-www-form-urlencoded`.

use super::fields::{decoded, has_duplicates, pairs};
use super::finding::{Finding, Report};
use super::json::positive;
use super::layer::DuplicateParameters;
use super::percent::PercentFault;
use crate::ConfigError;

/// Limits for forms.
///
/// # Defaults
/// 1 000 fields, names of 256 bytes, values of 64 KiB (decoded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimits {
    fields: usize,
    name_length: usize,
    value_length: usize,
}

impl FormLimits {
    /// Allows so many fields.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_fields(self, fields: usize) -> Result<Self, ConfigError> {
        Ok(Self { fields: positive(fields, "the number of fields in a form")?, ..self })
    }

    /// Allows names of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_name_length(self, name_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { name_length: positive(name_length, "the length of names in a form")?, ..self })
    }

    /// Allows values of so many bytes.
    ///
    /// # Errors
    /// [`ConfigError::Range`] for 0.
    pub fn with_value_length(self, value_length: usize) -> Result<Self, ConfigError> {
        Ok(Self { value_length: positive(value_length, "the length of values in a form")?, ..self })
    }
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { fields: 1_000, name_length: 256, value_length: 64 << 10 }
    }
}

/// Checks a form; `visit` is told every name and value.
pub(super) fn check(
    body: &[u8],
    limits: &FormLimits,
    duplicates: DuplicateParameters,
    mut visit: impl FnMut(&[u8], &[u8]),
) -> Result<(), Report> {
    for (count, (name, value)) in pairs(body).enumerate() {
        if count == limits.fields {
            return Err(Report { max: Some(limits.fields), ..Finding::FormFields.into() });
        }
        let name = read(name)?;
        let value = read(value)?;
        if name.len() > limits.name_length {
            return Err(Report { max: Some(limits.name_length), ..Finding::FormNameLength.into() });
        }
        if value.len() > limits.value_length {
            return Err(Report { max: Some(limits.value_length), ..Finding::FormValueLength.into() });
        }
        visit(&name, &value);
    }
    // What can't be decoded was refused above.
    let names = pairs(body).map(|(name, _)| decoded(name).unwrap_or_default());
    if duplicates == DuplicateParameters::Refuse && has_duplicates(names) {
        return Err(Finding::FormDuplicate.into());
    }
    Ok(())
}

fn read(raw: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Finding> {
    let text = decoded(raw).map_err(|fault| match fault {
        PercentFault::Malformed => Finding::FormPercent,
        PercentFault::PercentU => Finding::FormPercentU,
    })?;
    // A text area has lines.
    if text.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | b'\n')) {
        return Err(Finding::FormControl);
    }
    if std::str::from_utf8(&text).is_err() {
        return Err(Finding::FormUtf8);
    }
    Ok(text)
}
