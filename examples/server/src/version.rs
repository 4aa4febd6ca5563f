//! Which version this is. Whoever builds it says so: `CAMPOTECH_VERSION=1.2.3 CAMPOTECH_REVISION=... cargo build`.

use std::sync::LazyLock;

/// The version; without `CAMPOTECH_VERSION` that of the crate.
pub const VERSION: &str = match said(option_env!("CAMPOTECH_VERSION")) {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// The revision of the source.
pub const REVISION: Option<&str> = said(option_env!("CAMPOTECH_REVISION"));

/// A variable that is set to nothing says nothing.
const fn said(variable: Option<&'static str>) -> Option<&'static str> {
    match variable {
        Some(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Both, for people.
#[must_use]
pub fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| match REVISION {
        Some(revision) => format!("{VERSION} ({revision})"),
        None => VERSION.to_owned(),
    });
    &LONG
}
