//! Somebody who may log in.

use std::fmt;

use uuid::Uuid;

/// An account. It has no `Serialize`, so that the password's hash can't end up in an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// A UUIDv7.
    pub id: Uuid,
    /// The address as it is shown, normalised by the caller.
    pub email: String,
    /// The form of the address that two spellings of one mailbox share; unique.
    pub email_key: String,
    /// How the user wants to be called.
    pub name: String,
    /// An argon2id PHC string.
    pub password_hash: String,
}

impl User {
    /// A new account with a fresh id.
    #[must_use]
    pub fn new(email: String, email_key: String, name: String, password_hash: String) -> Self {
        Self { id: Uuid::now_v7(), email, email_key, name, password_hash }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_the_hash_nor_the_address() {
        let user = User::new("a@b.ar".into(), "a@b.ar".into(), "Ana".into(), "$argon2id$x".into());
        let text = format!("{user:?}");
        assert!(text.contains(&user.id.to_string()));
        assert!(!text.contains("argon2id") && !text.contains("a@b.ar"), "{text}");
    }
}
