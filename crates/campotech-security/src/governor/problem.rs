//! `tower_governor`'s refusals as problems.

use bytes::Bytes;
use campotech_core::{Language, Problem, ProblemKind, kinds};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use tower_governor::GovernorError;

/// An error handler for `tower_governor`: 503 `temporary-reduced-capacity` with `Retry-After`, never 429.
///
/// `Retry-After` is rounded up: never 0, never early. A key that could not be had is 503 `unavailable`; an error of a
/// key extractor of your own keeps its status where there is a kind of problem with it, and is 500 `internal` otherwise;
/// its message and headers stay here.
///
/// A handler of errors doesn't see the request, so the answer is in English and names no request. It carries the
/// [`Problem`] as an extension, by which a layer outside renders it again for its request, as the platform does.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "what an error handler is given")]
pub fn capacity_problem<B: From<Bytes>>(error: GovernorError) -> Response<B> {
    let problem = match error {
        // Cut off below the second by tower_governor: the next whole one is never early.
        GovernorError::TooManyRequests { wait_time, .. } => Problem::new(&kinds::TEMPORARY_REDUCED_CAPACITY)
            .with_header(RETRY_AFTER, HeaderValue::from(wait_time.saturating_add(1))),
        GovernorError::UnableToExtractKey => Problem::new(&kinds::UNAVAILABLE),
        GovernorError::Other { code, .. } => Problem::new(kind_of(code)),
    };
    let mut response = problem.into_response_in(Language::En, None).map(B::from);
    response.extensions_mut().insert(problem);
    response
}

fn kind_of(status: StatusCode) -> &'static ProblemKind {
    match status {
        // There are several: the extractor failed, the service is not busy.
        StatusCode::SERVICE_UNAVAILABLE => &kinds::UNAVAILABLE,
        _ => kinds::ALL.iter().find(|kind| kind.status == status).unwrap_or(&&kinds::INTERNAL),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn answer(error: GovernorError) -> (u16, String, Option<String>) {
        let response = capacity_problem::<Bytes>(error);
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(response.status(), problem.status());
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let text = std::str::from_utf8(response.body()).unwrap();
        assert!(!text.contains("inside"), "never internals: {text}");
        let wait = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), problem.kind().code().to_owned(), wait)
    }

    fn other(status: u16) -> (u16, String, Option<String>) {
        let headers = Some(HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("0"))]));
        let code = StatusCode::from_u16(status).unwrap();
        answer(GovernorError::Other { code, msg: Some("inside".to_owned()), headers })
    }

    #[test]
    fn the_wait_is_the_next_whole_second() {
        for (wait_time, expected) in [(0, "1"), (1, "2"), (59, "60"), (u64::MAX, "18446744073709551615")] {
            let headers = Some(HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from(wait_time))]));
            let (status, code, wait) = answer(GovernorError::TooManyRequests { wait_time, headers });
            assert_eq!(
                (status, &*code, wait.as_deref()),
                (503, "temporary-reduced-capacity", Some(expected))
            );
        }
    }

    #[test]
    fn what_is_no_want_of_capacity_is_not_called_so() {
        assert_eq!(answer(GovernorError::UnableToExtractKey), (503, "unavailable".to_owned(), None));
        assert_eq!(other(503), (503, "unavailable".to_owned(), None));
        assert_eq!(other(401), (401, "unauthorized".to_owned(), None));
        assert_eq!(other(400), (400, "bad-request".to_owned(), None));
        assert_eq!(other(500), (500, "internal".to_owned(), None));
        assert_eq!(other(418), (500, "internal".to_owned(), None));
        assert_eq!(other(200), (500, "internal".to_owned(), None));
    }
}
