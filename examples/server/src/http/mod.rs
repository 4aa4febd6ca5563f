//! The routes: one file each, thin; what they decide is in the domain and the store.

mod accounts;
mod contract;
mod created;
mod cursor;
mod customers;
mod documentation;
mod error;
mod events;
mod hashing;
mod jobs;
mod viewer;
mod whatsapp;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(crate) use contract::Contract;
pub use error::ApiError;
pub(crate) use jobs::JobView;

macro_rules! routes {
    (
        capped { $( $capped:literal => $capped_method:ident($capped_handler:path), )* }
        plain { $( $path:literal => $first:ident($handler:path) $( . $more:ident($other:path) )*, )* }
    ) => {
        /// Every route with its methods, as it is served; a test compares them with the OpenAPI document.
        pub const ROUTES: &[(&str, &[&str])] = &[
            $( ($capped, &[stringify!($capped_method)]), )*
            $( ($path, &[stringify!($first) $(, stringify!($more))*]), )*
        ];

        /// Every route of the API. The platform's path goes around them: see `campotech::Platform`.
        pub fn routes(app: App) -> Router {
            Router::new()
                $( .route($capped, $capped_method($capped_handler)) )*
                .route_layer(hashing::cap())
                $( .route($path, $first($handler)$( .$more($other) )*) )*
                .with_state(app)
        }
    };
}

routes! {
    capped {
        "/api/v1/auth/register" => post(accounts::register),
        "/api/v1/auth/login" => post(accounts::login),
    }
    plain {
        "/api/v1/jobs" => get(jobs::list).post(jobs::create),
        "/api/v1/jobs/{id}" => get(jobs::read).patch(jobs::change),
        "/api/v1/customers" => get(customers::list).post(customers::create),
        "/api/v1/customers/{id}" => get(customers::read),
        "/webhooks/whatsapp" => get(whatsapp::handshake).post(whatsapp::callback),
        "/api/v1/events" => get(events::subscribe),
        "/api/openapi.json" => get(documentation::document),
        "/api/docs" => get(documentation::page),
    }
}
