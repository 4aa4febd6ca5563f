//! Passwords and bearer tokens. No HTTP.

mod password;
mod token;

pub use password::{PasswordError, PasswordHasher};
pub use token::Token;
