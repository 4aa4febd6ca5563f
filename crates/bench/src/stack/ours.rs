//! The facade, as it is without a setting: everything enforces.

use axum::body::Body;
use campotech::config::{Env, Settings};
use campotech::{Bound, Platform};
use http::Request;

use super::{bare, request};
use crate::service::{driven_on, runtime};
use crate::{Case, Subject};

pub const GET: &str = "stack.ours.get";
pub const POST: &str = "stack.ours.post";

pub const CASES: &[Case] = &[
    Case { name: GET, floor: bare::GET, begin: || driven(request::get) },
    Case { name: POST, floor: bare::POST, begin: || driven(request::post) },
];

/// What can't be as it is without a setting: two platforms at one port, a client that is refused after a hundred requests,
/// and a line of the log for each, which the peers do not write.
const SETTINGS: [(&str, &str); 3] = [
    ("CAMPOTECH_LISTEN", "127.0.0.1:0"),
    ("CAMPOTECH_RATE_STANDARD", "1000000/1s"),
    ("CAMPOTECH_LOG", "warn"),
];

fn driven(request: fn() -> Request<Body>) -> Subject {
    let runtime = runtime();
    let bound = runtime.block_on(bound());
    let mut subject = driven_on(runtime, bound.router(), request);
    Box::new(move |requests| {
        // Its threads end with it.
        let _kept = &bound;
        subject(requests);
    })
}

/// A platform that listens.
///
/// # Panics
/// It can't.
pub async fn bound() -> Bound {
    let mut env = Env::of(SETTINGS);
    let settings = Settings::read(&mut env);
    env.finish().expect("settings");
    let platform = Platform::new("bench", settings).expect("a platform");
    platform.bind(bare::routes()).await.expect("a listener")
}
