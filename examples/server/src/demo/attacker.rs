//! Someone who guesses passwords, to show what the auth tier does.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::sleep;

use super::Stage;

/// Guesses until the first 429, once.
pub(crate) async fn play(stage: Stage) {
    let client = stage.client(99);
    sleep(Duration::from_secs(3)).await;
    for guess in 0..30 {
        if stage.over() {
            return;
        }
        let body =
            json!({"email": "duena@campo.example.com", "password": format!("contraseña número {guess:04}")});
        let answer = client.json(Method::POST, None, "/api/v1/auth/login", &body).await;
        if let Ok(answer) = answer
            && answer.status == StatusCode::TOO_MANY_REQUESTS
        {
            let wait = answer.headers.get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
            stage.report.limited(wait.unwrap_or(0));
            return;
        }
        sleep(Duration::from_millis(400)).await;
    }
}
