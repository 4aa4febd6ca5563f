//! A private PostgreSQL.

mod builder;
mod server;
mod template;

pub use builder::PostgresBuilder;
pub use server::Postgres;

/// The role that applications use, and the name of its database.
const ROLE: &str = "campotech";

/// The superuser, for the testkit and for [`Postgres::admin`].
const SUPERUSER: &str = "postgres";
