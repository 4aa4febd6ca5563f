//! Which version this is. Whoever builds it says so: `CAMPOTECH_VERSION=1.2.3 CAMPOTECH_REVISION=... cargo build`.

use std::sync::LazyLock;

/// The version; without `CAMPOTECH_VERSION` that of the crate.
pub const VERSION: &str = match option_env!("CAMPOTECH_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// The revision of the source.
pub const REVISION: Option<&str> = option_env!("CAMPOTECH_REVISION");

/// Both, for people.
#[must_use]
pub fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| match REVISION {
        Some(revision) => format!("{VERSION} ({revision})"),
        None => VERSION.to_owned(),
    });
    &LONG
}
