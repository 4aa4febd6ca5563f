//! The contract of the API, from outside.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Ask, Backend, PASSWORD, on_every_backend, problem};

on_every_backend! { accounts, the_life_of_a_job, lists_have_pages, customers, a_login_survives_a_restart, the_document_names_every_route_and_no_other }

async fn accounts(backend: Backend) {
    let server = backend.server(&[]).await;
    let who = json!({"email": "Ana.Gomez@Example.COM", "password": PASSWORD, "name": "Ana"});
    let register = Ask::new("POST", "/api/v1/auth/register").json(&who);
    let user = server.json(register.clone(), 201).await;
    assert_eq!((&user["email"], &user["name"]), (&json!("Ana.Gomez@example.com"), &json!("Ana")));
    assert_eq!(user.as_object().unwrap().len(), 3, "no password, no hash: {user}");
    assert_eq!(problem(&server.ask(register).await)["status"], 409);

    let login = |email: &str, password: &str| {
        Ask::new("POST", "/api/v1/auth/login").from(2).json(&json!({"email": email, "password": password}))
    };
    let answer = server.json(login("ana.gomez@example.com", PASSWORD), 200).await;
    assert!(answer["token"].as_str().unwrap().len() >= 43);
    assert!(answer["expires_at"].as_str().unwrap().ends_with('Z'));
    for (email, password) in
        [("ana.gomez@example.com", "otra frase bien larga"), ("nadie@example.com", PASSWORD)]
    {
        let refused = server.ask(login(email, password)).await;
        assert_eq!(problem(&refused)["status"], 401);
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
}

async fn the_life_of_a_job(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let body = json!({
        "title": "  Cambiar térmica ", "description": "Timbre roto:\ngolpear", "customer_phone": "011 15 2345-6789",
        "customer_email": "cliente@Example.com", "priority": "urgent", "scheduled_at": "2026-12-01T09:00:00-03:00",
    });
    let created = server.ask(Ask::new("POST", "/api/v1/jobs").bearer(&token).json(&body)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let job: Value = serde_json::from_slice(&created.body).unwrap();
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(created.headers["location"], path.as_str());
    assert_eq!(job["title"], "Cambiar térmica");
    assert_eq!(job["customer_phone"], "+5491123456789");
    assert_eq!(job["customer_email"], "cliente@example.com");
    assert_eq!(job["scheduled_at"], "2026-12-01T12:00:00Z");
    assert_eq!((&job["kind"], &job["status"]), (&json!("api"), &json!("open")));
    assert_eq!(server.json(Ask::new("GET", &path).bearer(&token), 200).await, job);

    let patch = |status: &str| Ask::new("PATCH", &path).bearer(&token).json(&json!({"status": status}));
    assert_eq!(problem(&server.ask(patch("done")).await)["status"], 409);
    for status in ["open", "assigned", "assigned", "in_progress", "done", "done"] {
        assert_eq!(server.json(patch(status), 200).await["status"], status);
    }
    for status in ["open", "cancelled", "in_progress"] {
        assert_eq!(problem(&server.ask(patch(status)).await)["status"], 409);
    }

    let other = server.log_in(3, "beto@example.com").await;
    assert_eq!(problem(&server.ask(Ask::new("GET", &path).bearer(&other)).await)["status"], 404);
    let patch = Ask::new("PATCH", &path).bearer(&other).json(&json!({"status": "cancelled"}));
    assert_eq!(problem(&server.ask(patch).await)["status"], 404);
}

async fn lists_have_pages(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    for n in 0..7 {
        server.create_job(1, &token, &format!("Trabajo {n}")).await;
    }
    let mut path = "/api/v1/jobs?limit=3".to_owned();
    let mut titles = Vec::new();
    loop {
        let response = server.ask(Ask::new("GET", &path).bearer(&token)).await;
        let page: Value = serde_json::from_slice(&response.body).unwrap();
        titles.extend(
            page["items"].as_array().unwrap().iter().map(|job| job["title"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            assert!(!response.headers.contains_key("link"));
            break;
        };
        let link = response.headers["link"].to_str().unwrap();
        path = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
        assert!(link.ends_with("; rel=\"next\"") && path.contains(next), "{link}");
    }
    assert_eq!(titles, (0..7).rev().map(|n| format!("Trabajo {n}")).collect::<Vec<_>>());

    let list = |query: &str| format!("/api/v1/jobs{query}");
    let cursor = server.json(Ask::new("GET", &list("?limit=3")).bearer(&token), 200).await["next"].clone();
    let cursor = cursor.as_str().unwrap();
    let other = server.log_in(2, "beto@example.com").await;
    for (token, query) in [
        (&token, "?limit=0".to_owned()),
        (&token, "?limit=101".into()),
        (&token, "?limit=1e1".into()),
        (&token, "?limit=%2B5".into()),
        (&token, "?limit=3&limit=3".into()),
        (&token, "?limit=".into()),
        (&token, "?status=lost".into()),
        (&token, "?page=2".into()),
        (&token, "?cursor=AAAA".into()),
        (&token, format!("?limit=3&status=open&cursor={cursor}")),
        (&other, format!("?limit=3&cursor={cursor}")),
    ] {
        let refused = server.ask(Ask::new("GET", &list(&query)).bearer(token)).await;
        let problem = problem(&refused);
        assert_eq!(problem["status"], 400, "{query}");
        assert_eq!(problem["errors"][0]["in"], "query", "{query} {problem}");
    }
    let open = server.json(Ask::new("GET", &list("?status=done")).bearer(&token), 200).await;
    assert_eq!(open, json!({"items": [], "next": null}));
}

async fn customers(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let body = json!({"name": "Taller Sur", "email": "taller@example.com", "phone": "+54 9 351 234 5678", "cuit": "20-12345678-6"});
    let created = server.ask(Ask::new("POST", "/api/v1/customers").bearer(&token).json(&body)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let customer: Value = serde_json::from_slice(&created.body).unwrap();
    assert_eq!(customer["phone"], "+5493512345678");
    let path = created.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(server.json(Ask::new("GET", &path).bearer(&token), 200).await, customer);
    let list = server.json(Ask::new("GET", "/api/v1/customers").bearer(&token), 200).await;
    assert_eq!(list, json!({"items": [customer], "next": null}));
    let other = server.log_in(2, "beto@example.com").await;
    assert_eq!(problem(&server.ask(Ask::new("GET", &path).bearer(&other)).await)["status"], 404);
}

async fn a_login_survives_a_restart(backend: Backend) {
    let server = backend.server(&[]).await;
    let token = server.log_in(1, "ana@example.com").await;
    let job = server.create_job(1, &token, "Antes").await;
    server.kill();
    let server = backend.server(&[]).await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(server.json(Ask::new("GET", &path).bearer(&token), 200).await, job);
}

async fn the_document_names_every_route_and_no_other(backend: Backend) {
    let server = backend.server(&[]).await;
    let document = server.json(Ask::new("GET", "/api/openapi.json"), 200).await;
    assert_eq!(document["openapi"], "3.1.0");
    let documented: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |m| (path.clone(), m.to_uppercase()))
        })
        .collect();
    // The router is built from these.
    let served: BTreeSet<_> = campotech_server::http::ROUTES
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(|m| ((*path).to_owned(), m.to_uppercase())))
        .collect();
    assert_eq!(documented, served);
    let page = server.get(8, "/api/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    for (path, _) in &served {
        assert!(page.text().contains(path.as_str()), "{path}");
    }
}
