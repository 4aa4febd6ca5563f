//! A job form of twelve fields, deserialised, normalised and validated: beside `serde_json` alone, and beside peers.

#[cfg(feature = "peers")]
pub(crate) mod bars;
pub mod floor;
pub mod form;
#[cfg(feature = "peers")]
pub mod node;
#[cfg(feature = "peers")]
pub mod peers;

/// As a browser sends it: two telephone numbers, an address of email, a CUIT, a UUID, three bounded texts, a decimal as text,
/// a time, a place and a list of three.
const FORM: &[u8] = include_bytes!("form.json");

const NONE: &str = "validate.none";
pub const OURS: &str = "validate.form";
pub const FLOOR: &str = "validate.form.serde_json";
