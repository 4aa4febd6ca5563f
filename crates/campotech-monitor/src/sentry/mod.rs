//! The folder `infrastructure/monitoring/sentry`, and how it gets into a project of Sentry.

mod api;
mod apply;
mod folder;

pub use api::{Api, ApiError};
pub use apply::{Step, apply};
pub use folder::{Folder, FolderError, Target};
