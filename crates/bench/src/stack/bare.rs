//! Two routes of axum with nothing around them: the floor of every stack.

use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::request;
use crate::Case;
use crate::service::driven;

/// The floor of a GET.
pub const GET: &str = "stack.axum.get";

/// The floor of a POST.
pub const POST: &str = "stack.axum.post";

pub const CASES: &[Case] = &[
    Case { name: GET, floor: GET, begin: || driven(routes().with_state(()), request::get) },
    Case { name: POST, floor: POST, begin: || driven(routes().with_state(()), request::post) },
];

#[derive(Debug, Serialize)]
struct Ping {
    status: &'static str,
    n: u32,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

#[derive(Debug, Deserialize)]
struct Job {
    title: String,
    customer_phone: String,
    email: String,
    description: String,
    priority: Priority,
}

#[derive(Debug, Serialize)]
struct Created {
    status: &'static str,
    title: String,
    bytes: usize,
    priority: Priority,
}

/// The same handlers under every stack: what they cost is no stack's.
pub fn routes() -> Router {
    Router::new().route("/api/ping", get(ping)).route("/api/jobs", post(create))
}

async fn ping() -> Json<Ping> {
    Json(Ping { status: "ok", n: 12_345 })
}

async fn create(Json(job): Json<Job>) -> (StatusCode, Json<Created>) {
    let Job { title, customer_phone, email, description, priority } = job;
    let bytes = customer_phone.len() + email.len() + description.len();
    (StatusCode::CREATED, Json(Created { status: "pending", title, bytes, priority }))
}
