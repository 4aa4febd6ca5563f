//! Several servers as one.

use std::fmt::Write;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Redis, RedisBuilder};
use crate::process::{DEADLINE, POLL};

/// Starts `builders` at once; they come in the same order.
pub(super) async fn start(builders: impl IntoIterator<Item = RedisBuilder>) -> Vec<Redis> {
    let starting: Vec<_> = builders.into_iter().map(|builder| tokio::spawn(builder.start())).collect();
    let mut nodes = Vec::new();
    for node in starting {
        nodes.push(node.await.unwrap());
    }
    nodes
}

/// `scheme://first?node=second&node=third`, as fred reads it.
pub(super) fn url(scheme: &str, nodes: &[Redis]) -> String {
    let (first, others) = nodes.split_first().unwrap();
    others.iter().enumerate().fold(format!("{scheme}://{}", first.addr()), |mut url, (i, node)| {
        let _ = write!(url, "{}node={}", if i == 0 { '?' } else { '&' }, node.addr());
        url
    })
}

/// An answer of a node that may be away or busy with itself; an error reply of it counts as none.
pub(super) async fn ask(node: &Redis, words: &[&str]) -> Option<String> {
    if !node.is_up() {
        return None;
    }
    timeout(Duration::from_secs(1), node.try_command(words)).await.ok()?.ok()
}

/// What one of `nodes` says that must be up for anything to work.
pub(super) async fn ok(node: &Redis, words: &[&str]) {
    let answer = node.command(words).await;
    assert_eq!(answer, "OK", "{words:?}");
}

/// The value of `key:value` in what `INFO` says.
pub(super) fn field<'a>(info: &'a str, key: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
}

/// Asks again until there is a value.
///
/// # Panics
/// When there is none for a minute, with what `state` says.
pub(super) async fn until<T, F, S>(
    nodes: &[Redis],
    what: &str,
    ask: impl Fn() -> F,
    state: impl FnOnce() -> S,
) -> T
where
    F: Future<Output = Option<T>>,
    S: Future<Output = String>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = ask().await {
            return value;
        }
        if Instant::now() > deadline {
            let logs: Vec<_> = nodes.iter().map(Redis::log).collect();
            panic!("{what}: not within {DEADLINE:?}\n{}\n{}", state().await, logs.join("\n"));
        }
        tokio::time::sleep(POLL * 10).await;
    }
}
