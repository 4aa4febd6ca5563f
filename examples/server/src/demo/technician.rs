//! Someone at the company: registers, logs in, writes jobs and customers, moves jobs along.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::{Method, StatusCode};
use rand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::client::{Client, NoAnswer};
use super::journal::Acknowledged;
use super::{Stage, watcher};

const NAMES: [&str; 8] = [
    "Lucía Fernández",
    "Martín Gómez",
    "Sofía Álvarez",
    "Juan Pérez",
    "Valentina Díaz",
    "Mateo Romero",
    "Camila Sosa",
    "Nicolás Torres",
];
const TITLES: [&str; 6] = [
    "Cambiar térmica",
    "Revisar aire acondicionado",
    "Instalar portero eléctrico",
    "Pérdida de agua en la cocina",
    "Bomba que no arranca",
    "Cable cortado en la terraza",
];
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// Plays until the end; a server that goes away is met again when it is back.
pub(crate) async fn play(stage: Stage, n: u8) {
    let client = stage.client(11 + n);
    while !stage.over() {
        if let Ok(token) = arrive(&stage, &client, n).await {
            let watcher =
                (n == 0).then(|| tokio::spawn(watcher::play(stage.clone(), client.clone(), token.clone())));
            let _ = work(&stage, &client, &token).await;
            if let Some(watcher) = watcher {
                watcher.abort();
            }
        }
        if !stage.over() {
            sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn arrive(stage: &Stage, client: &Client, n: u8) -> Result<String, NoAnswer> {
    let email = format!("{}@campo.example.com", Uuid::now_v7().simple());
    let password = format!("una frase larga {}", Uuid::now_v7().simple());
    let who = json!({"email": email, "password": password, "name": NAMES[usize::from(n) % NAMES.len()]});
    client.json(Method::POST, None, "/api/v1/auth/register", &who).await?;
    let who = json!({"email": email, "password": password});
    let answer = client.json(Method::POST, None, "/api/v1/auth/login", &who).await?;
    let token = text(&answer.body, "token");
    if answer.status == StatusCode::OK {
        stage.journal.write(&Acknowledged::Token { token: token.clone() });
        return Ok(token);
    }
    // Over the quota of logins, most likely: the whole cast shares a machine, not a network.
    sleep(Duration::from_secs(2)).await;
    Ok(token)
}

async fn work(stage: &Stage, client: &Client, token: &str) -> Result<(), NoAnswer> {
    let mut open: Vec<(String, &str)> = Vec::new();
    while !stage.over() {
        let roll = rand::rng().random_range(0..10);
        let status = match roll {
            0..=3 => create_job(stage, client, token, &mut open).await?,
            4 => create_customer(stage, client, token).await?,
            5..=7 => advance(stage, client, token, &mut open).await?,
            8 => client.get_as(token, "/api/v1/jobs?limit=20").await?.status,
            _ => client.get_as(token, "/api/v1/customers?limit=20").await?.status,
        };
        if status == StatusCode::UNAUTHORIZED {
            return Ok(());
        }
        // About 70 requests a minute: within the standard quota of 100.
        let pause = rand::rng().random_range(700..1_000);
        sleep(Duration::from_millis(pause)).await;
    }
    Ok(())
}

async fn create_job(
    stage: &Stage,
    client: &Client,
    token: &str,
    open: &mut Vec<(String, &'static str)>,
) -> Result<StatusCode, NoAnswer> {
    let body = {
        let mut rng = rand::rng();
        json!({
            "title": TITLES[rng.random_range(0..TITLES.len())],
            "description": "El cliente espera entre las 9 y las 13.",
            "customer_phone": format!("011 15 {:04}-{:04}", rng.random_range(2_000..7_000), rng.random_range(0..10_000)),
            "priority": PRIORITIES[rng.random_range(0..PRIORITIES.len())],
        })
    };
    let answer = client.json(Method::POST, Some(token), "/api/v1/jobs", &body).await?;
    if answer.status == StatusCode::CREATED {
        let id = text(&answer.body, "id");
        stage.journal.write(&Acknowledged::Job { id: id.clone(), token: token.to_owned() });
        stage.report.jobs.fetch_add(1, Relaxed);
        open.push((id, "assigned"));
    }
    Ok(answer.status)
}

async fn create_customer(stage: &Stage, client: &Client, token: &str) -> Result<StatusCode, NoAnswer> {
    let body = {
        let mut rng = rand::rng();
        json!({
            "name": NAMES[rng.random_range(0..NAMES.len())],
            "email": format!("cliente{}@example.com", rng.random_range(0..1_000_000)),
            "phone": format!("+54 9 351 {:03} {:04}", rng.random_range(200..700), rng.random_range(0..10_000)),
        })
    };
    let answer = client.json(Method::POST, Some(token), "/api/v1/customers", &body).await?;
    if answer.status == StatusCode::CREATED {
        let id = text(&answer.body, "id");
        stage.journal.write(&Acknowledged::Customer { id, token: token.to_owned() });
        stage.report.customers.fetch_add(1, Relaxed);
    }
    Ok(answer.status)
}

async fn advance(
    stage: &Stage,
    client: &Client,
    token: &str,
    open: &mut Vec<(String, &'static str)>,
) -> Result<StatusCode, NoAnswer> {
    let Some((id, status)) = open.pop() else {
        return Ok(client.get_as(token, "/api/v1/jobs?status=open").await?.status);
    };
    let path = format!("/api/v1/jobs/{id}");
    let answer = client.json(Method::PATCH, Some(token), &path, &json!({"status": status})).await?;
    if answer.status == StatusCode::OK {
        let status = status.to_owned();
        stage.journal.write(&Acknowledged::Status { id: id.clone(), status, token: token.to_owned() });
    }
    match status {
        "assigned" => open.push((id, "in_progress")),
        "in_progress" => open.insert(0, (id, "done")),
        _ => {}
    }
    Ok(answer.status)
}

pub(super) fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
