//! Passwords: a new one, which has rules, and one to be compared, which has none.

mod given;
mod new;
mod prepare;
mod weak;

pub use given::Password;
pub use new::NewPassword;
