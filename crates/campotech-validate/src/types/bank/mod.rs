//! What money is sent to: accounts of banks (CBU), of payment providers (CVU), and aliases of both.

mod alias;
mod cbu;
mod cvu;

pub use alias::CbuAlias;
pub use cbu::Cbu;
pub use cvu::Cvu;
