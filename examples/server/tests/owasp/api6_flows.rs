//! API6, sensitive business flows: steps are not skipped, and what was done once is not done again.

use campotech_server::domain::JobStatus;
use futures_util::future::join_all;
use serde_json::json;

use super::support::{Ask, Backend, Kind, items, on_every_backend, text_message};
use super::world::FREE;

on_every_backend! { a_job_takes_no_step_but_the_next, what_was_signed_once_makes_one_job_however_often_it_comes, one_address_is_one_account }

/// How a new job gets to a status.
const fn way(to: JobStatus) -> &'static [&'static str] {
    match to {
        JobStatus::Open => &[],
        JobStatus::Assigned => &["assigned"],
        JobStatus::InProgress => &["assigned", "in_progress"],
        JobStatus::Done => &["assigned", "in_progress", "done"],
        JobStatus::Cancelled => &["cancelled"],
    }
}

async fn a_job_takes_no_step_but_the_next(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let mut skipped = 0;
    for from in JobStatus::ALL {
        for to in JobStatus::ALL {
            let job = server.create_job(1, &token, "Salto").await;
            let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
            let step =
                |status: &str| Ask::new("PATCH", &path).bearer(&token).json(&json!({"status": status}));
            for status in way(from) {
                server.json(step(status), 200).await;
            }
            let before = server.json(Ask::new("GET", &path).bearer(&token), 200).await;
            let status = server.ask(step(to.as_str())).await.status.as_u16();
            let allowed = from == to || from.may_become(to);
            assert_eq!(status, if allowed { 200 } else { 409 }, "{from:?} to {to:?}");
            let after = server.json(Ask::new("GET", &path).bearer(&token), 200).await;
            assert_eq!(after["status"], if allowed { to.as_str() } else { from.as_str() });
            if !allowed {
                assert_eq!(after, before, "{from:?} to {to:?}");
                skipped += 1;
            }
        }
    }
    assert_eq!(skipped, 14);
}

async fn what_was_signed_once_makes_one_job_however_often_it_comes(backend: Backend) {
    let server = backend.server(&FREE).await;
    let token = server.log_in(1, "ana@example.com").await;
    let first = text_message("wamid.replay", "5491123456789", "Hola");
    assert_eq!(server.ask(server.callback(&first)).await.status, 200);
    server.metric_becomes(r#"jobs_created_total{kind="text"}"#, 1.0).await;
    // The same, all at once; then the same id in other words, from somebody else.
    for answer in join_all((0..20).map(|_| server.ask(server.callback(&first)))).await {
        assert_eq!(answer.status, 200);
    }
    let other = text_message("wamid.replay", "5493512345678", "Otra cosa");
    assert_eq!(server.ask(server.callback(&other)).await.status, 200);
    let last = text_message("wamid.last", "5491123456789", "Chau");
    assert_eq!(server.ask(server.callback(&last)).await.status, 200);
    server.metric_becomes(r#"jobs_created_total{kind="text"}"#, 2.0).await;
    let titles: Vec<_> =
        items(&server, &token, "/api/v1/jobs").await.iter().map(|job| job["title"].clone()).collect();
    assert_eq!(titles, ["Chau", "Hola"]);
}

async fn one_address_is_one_account(backend: Backend) {
    let server = backend.server(&FREE).await;
    let spellings = ["eva@example.com", "EVA@example.com", "Eva@EXAMPLE.com", "eva@ｅxample.com"];
    let register = |email: &str| {
        let who = json!({"email": email, "password": super::support::PASSWORD, "name": "Eva"});
        Ask::new("POST", "/api/v1/auth/register").json(&who)
    };
    let answers = join_all(spellings.iter().cycle().take(12).map(|email| server.ask(register(email)))).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(201), of(409)), (1, 11), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_job_of_the_inbox_goes_to_one_of_those_who_grab_it() {
    let backend = Backend::new(Kind::Embedded).await;
    let server = backend.server(&FREE).await;
    let ana = server.log_in(1, "ana@example.com").await;
    let beto = server.log_in(2, "beto@example.com").await;
    assert_eq!(
        server.ask(server.callback(&text_message("wamid.1", "5491123456789", "Hola"))).await.status,
        200
    );
    server.metric_becomes(r#"jobs_created_total{kind="text"}"#, 1.0).await;
    let job = items(&server, &ana, "/api/v1/jobs").await.remove(0);
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let grab = |token: &str| Ask::new("PATCH", &path).bearer(token).json(&json!({"status": "assigned"}));
    let tokens = [&ana, &beto].into_iter().cycle().take(20);
    let answers = join_all(tokens.map(|token| server.ask(grab(token)))).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(200), of(404)), (10, 10), "one has it, whoever asks again; to the other it is gone");
}
