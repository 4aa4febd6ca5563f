//! What is sent to do harm, at every entry point: each has its status and its code, and costs next to nothing.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod form;
mod json;
mod multipart;
mod parameters;
mod transport;

use campotech_validate::codes::PUBLISHED;
use campotech_validate::{NewPassword, Page, PlainText, Rejection, Upload, Uuid, input};

input! {
    /// What hostile bodies are read as.
    #[derive(Debug)]
    struct Target {
        name: Option<PlainText<80>>,
        role: Option<PlainText<20>>,
        count: Option<u32>,
        wide: Option<i64>,
        ratio: Option<f64>,
        #[garde(length(max = 100))]
        list: Option<Vec<u8>>,
        password: Option<NewPassword>,
        needed: u8 = 1,
    }
}

input! {
    /// What hostile multipart bodies are read as.
    #[derive(Debug)]
    struct Message { title: Option<PlainText<20>>, ratio: Option<f64>, audio: Option<Upload<64>> }
}

input! {
    /// Parameters of a path.
    #[derive(Debug)]
    struct JobPath { id: Uuid }
}

input! {
    /// Parameters of a list.
    #[derive(Debug)]
    struct Search { page: Page, q: Option<PlainText<40>>, lat: Option<f64>, wide: Option<i64>, all: Option<bool> }
}

/// Status and first code of a body's refusal, which are as they are published; the answer is never large.
fn told<T>(result: Result<T, Rejection>) -> (u16, &'static str) {
    let Err(rejection) = result else { return (200, "ok") };
    let (status, code) = (rejection.status().as_u16(), rejection.issues()[0].code());
    let published = PUBLISHED.iter().find(|published| published.code.name == code).unwrap();
    assert_eq!(published.status, status, "{code}");
    assert_bounded(&rejection);
    (status, code)
}

/// The same of parameters, which are a 400 whatever is wrong with them.
fn told_of_parameters<T>(result: Result<T, Rejection>) -> (u16, &'static str) {
    let Err(rejection) = result else { return (200, "ok") };
    assert_bounded(&rejection);
    (rejection.status().as_u16(), rejection.issues()[0].code())
}

fn assert_bounded(rejection: &Rejection) {
    let language = campotech_core::Language::En;
    let length = rejection.problem(language).into_response_in(language, None).body().len();
    assert!(length < 16_384, "{length} bytes");
}

/// The beginning of an input, for the message of a test that fails.
fn start(input: &[u8]) -> String {
    String::from_utf8_lossy(&input[..input.len().min(60)]).into_owned()
}
