//! The routes: one file each, thin; what they decide is in the domain and the store.

mod accounts;
mod created;
mod cursor;
mod customers;
mod documentation;
mod error;
mod events;
mod jobs;
mod viewer;
mod whatsapp;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub use error::ApiError;
pub(crate) use jobs::JobView;

/// Every route of the API. The platform's path goes around them: see `campotech::Platform`.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/api/v1/auth/register", post(accounts::register))
        .route("/api/v1/auth/login", post(accounts::login))
        .route("/api/v1/jobs", get(jobs::list).post(jobs::create))
        .route("/api/v1/jobs/{id}", get(jobs::read).patch(jobs::change))
        .route("/api/v1/customers", get(customers::list).post(customers::create))
        .route("/api/v1/customers/{id}", get(customers::read))
        .route("/webhooks/whatsapp", get(whatsapp::handshake).post(whatsapp::callback))
        .route("/api/v1/events", get(events::subscribe))
        .route("/api/openapi.json", get(documentation::document))
        .route("/api/docs", get(documentation::page))
        .with_state(app)
}
