//! The route: checks what is asked for, waits, answers.

use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::get;
use campotech_core::{Localized, Problem, kinds};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};

use super::session::{Profiler, SessionError};

const DEFAULT: Duration = Duration::from_secs(10);
const LONGEST: u64 = 60;

const WRONG_QUERY: Localized = Localized {
    en: "The one parameter is seconds, from 1 to 60.",
    es: "El único parámetro es seconds, de 1 a 60.",
    es_ar: "El único parámetro es seconds, de 1 a 60.",
};

const TAKEN: Localized = Localized {
    en: "A profile is being taken. Ask again when it is done.",
    es: "Se está tomando un perfil. Vuelva a pedirlo cuando termine.",
    es_ar: "Se está tomando un perfil. Volvé a pedirlo cuando termine.",
};

/// The route of the profile.
pub(crate) fn router() -> Router {
    Router::new().route("/debug/pprof/profile", get(profile)).with_state(Profiler::default())
}

async fn profile(
    State(profiler): State<Profiler>,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let time = seconds(query.as_deref().unwrap_or_default())
        .ok_or_else(|| Problem::new(&kinds::BAD_REQUEST).with_detail(WRONG_QUERY))?;
    // A client that goes away drops this future, and with it the session.
    let session = profiler.start().await.map_err(refusal)?;
    tokio::time::sleep(time).await;
    let profile = session.finish().await.map_err(refusal)?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CONTENT_DISPOSITION, "attachment; filename=\"profile.pb.gz\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, profile))
}

fn seconds(query: &str) -> Option<Duration> {
    match query.strip_prefix("seconds=") {
        None => query.is_empty().then_some(DEFAULT),
        Some(number) => {
            let number = number.parse().ok().filter(|number| (1..=LONGEST).contains(number))?;
            Some(Duration::from_secs(number))
        }
    }
}

fn refusal(error: SessionError) -> Problem {
    match error {
        SessionError::Taken => Problem::new(&kinds::CONFLICT).with_detail(TAKEN),
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "no profile can be taken");
            Problem::new(&kinds::UNAVAILABLE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_a_range_and_a_default() {
        let of = |query| seconds(query).map(|time| time.as_secs());
        assert_eq!(of(""), Some(10));
        assert_eq!(of("seconds=1"), Some(1));
        assert_eq!(of("seconds=60"), Some(60));
        for bad in [
            "seconds=0",
            "seconds=61",
            "seconds=",
            "seconds=-1",
            "seconds=1.5",
            "seconds=1&seconds=2",
            "seconds=1&format=svg",
            "second=1",
            "seconds",
            "seconds=99999999999999999999",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
