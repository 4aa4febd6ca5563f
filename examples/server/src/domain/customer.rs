//! Somebody the field service works for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A customer of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// A UUIDv7.
    pub id: Uuid,
    /// The user who entered it, and the only one who sees it.
    pub owner: Uuid,
    /// Name or company.
    pub name: String,
    /// Address, normalised.
    pub email: String,
    /// E.164.
    pub phone: String,
    /// Argentine tax number, eleven digits.
    pub cuit: Option<String>,
    /// When it was entered.
    pub created_at: Timestamp,
}

/// What the caller knows about a customer; every text is already validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// Name or company.
    pub name: String,
    /// Address, normalised.
    pub email: String,
    /// E.164.
    pub phone: String,
    /// Argentine tax number, eleven digits.
    pub cuit: Option<String>,
}

impl Customer {
    /// A new customer with a fresh id.
    #[must_use]
    pub fn new(owner: Uuid, new: NewCustomer, now: Timestamp) -> Self {
        let NewCustomer { name, email, phone, cuit } = new;
        Self { id: Uuid::now_v7(), owner, name, email, phone, cuit, created_at: now }
    }
}
