//! How the program starts, and how it refuses to.
#![allow(clippy::unwrap_used, reason = "a helper that can't do its work fails the test")]

mod support;

use support::{Server, run};

fn refused(variables: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let listen = ("CAMPOTECH_LISTEN", "127.0.0.1:0");
    let all: Vec<_> = [listen, ("CAMPOTECH_DATA_DIR", data)].iter().chain(variables).copied().collect();
    let output = run(&[], &all);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    text
}

#[test]
fn a_wrong_variable_is_one_line() {
    for (name, value) in [
        ("CAMPOTECH_LISTEN", "hunter2"),
        ("CAMPOTECH_ADMIN_LISTEN", "hunter2"),
        ("CAMPOTECH_TRUSTED_PROXIES", "hunter2"),
        ("CAMPOTECH_CORS_ORIGINS", "*"),
        ("CAMPOTECH_RATE_AUTH", "0/15m"),
        ("CAMPOTECH_MAX_BODY", "hunter2"),
        ("CAMPOTECH_DRAIN_DELAY", "10"),
        ("CAMPOTECH_EXTERNAL_CHECKS", "x=ftp://u:hunter2@h/"),
        ("SENTRY_DSN", "https://hunter2/"),
        ("CAMPOTECH_LOG_FORMAT", "hunter2"),
        ("CAMPOTECH_WHATSAPP_APP_SECRET", "hunter2"),
        ("DATABASE_URL", "mysql://u:hunter2@db/x"),
        ("CAMPOTECH_DATABASE_POOL", "hunter2"),
        ("REDIS_URL", "http://:hunter2@r"),
        ("CAMPOTECH_TLS_ROOTS", "/no/hunter2"),
    ] {
        let line = refused(&[(name, value)]);
        assert!(line.starts_with(&format!("campotech-server: {name}: ")), "{line}");
    }
}

#[test]
fn a_taken_port_is_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for name in ["CAMPOTECH_LISTEN", "CAMPOTECH_ADMIN_LISTEN"] {
        let line = refused(&[(name, &addr)]);
        assert!(line.contains(name) && line.contains("taken by another process"), "{line}");
    }
}

#[test]
fn a_data_directory_that_can_not_be_used_is_one_line() {
    let line = refused(&[("CAMPOTECH_DATA_DIR", "/proc/nothing/here")]);
    assert!(line.contains("CAMPOTECH_DATA_DIR"), "{line}");
}

#[tokio::test]
async fn a_locked_data_directory_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let line = refused(&[("CAMPOTECH_DATA_DIR", dir.path().to_str().unwrap())]);
    assert!(line.contains("CAMPOTECH_DATA_DIR") && line.contains("in use by another process"), "{line}");
    assert_eq!(server.get(1, "/ready").await.status, 200, "the first one goes on");
}

#[test]
fn check_config_shows_values_with_their_origin_and_masks_secrets() {
    let output = run(
        &["check-config"],
        &[("SENTRY_DSN", "https://hunter2@sentry.example.com/1"), ("CAMPOTECH_MAX_BODY", "1MiB")],
    );
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(
        line("CAMPOTECH_MAX_BODY").contains("1MiB") && line("CAMPOTECH_MAX_BODY").contains("environment")
    );
    assert!(
        line("CAMPOTECH_DRAIN_DELAY").contains("5s") && line("CAMPOTECH_DRAIN_DELAY").contains("default")
    );
    assert!(line("SENTRY_DSN").contains("********") && !text.contains("hunter2"));
    let wrong = run(&["check-config"], &[("CAMPOTECH_MAX_BODY", "hunter2"), ("CAMPOTECH_LISTEN", "hunter2")]);
    assert_eq!(wrong.status.code(), Some(2));
    let lines = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        lines.contains("CAMPOTECH_MAX_BODY: ") && lines.contains("CAMPOTECH_LISTEN: "),
        "every fault: {lines}"
    );
}

#[tokio::test]
async fn probe_has_an_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]).ready().await;
    let url = |path: &str| format!("http://{}{path}", server.addr);
    let code = async |url: String| {
        tokio::task::spawn_blocking(move || run(&["probe", &url], &[]).status.code()).await.unwrap()
    };
    assert_eq!(code(url("/ready")).await, Some(0));
    assert_eq!(code(url("/nothing")).await, Some(1));
    assert_eq!(code("http://127.0.0.1:1/ready".into()).await, Some(1));
    assert_eq!(code("ftp://hunter2".into()).await, Some(1));
}

#[test]
fn help_names_every_command() {
    let text = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    for command in ["serve", "demo", "check-config", "probe"] {
        assert!(text.contains(command), "{text}");
    }
    assert_eq!(run(&["hunter2"], &[]).status.code(), Some(2));
}

#[test]
fn check_config_masks_what_a_url_may_hold() {
    let checks = ("CAMPOTECH_EXTERNAL_CHECKS", "billing=http://u:hunter2@127.0.0.1:80/live");
    let output = run(&["check-config"], &[checks]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("CAMPOTECH_EXTERNAL_CHECKS") && !text.contains("hunter2"), "{text}");
}
