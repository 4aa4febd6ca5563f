//! The `aws` program, one call at a time, each with a deadline.

use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::cloud::CallError;

/// How much of what it says is shown.
const SHOWN: usize = 400;

/// How calls are made. Region, credentials and `AWS_ENDPOINT_URL` are the program's own to find.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    program: String,
    within: Duration,
}

impl Aws {
    pub(crate) fn new(program: impl Into<String>, within: Duration) -> Self {
        Self { program: program.into(), within }
    }

    /// What it answers; nothing is `null`.
    pub(crate) async fn call(&self, service: &str, verb: &str, args: &[&str]) -> Result<Value, CallError> {
        let call = || format!("aws {service} {verb}");
        let output = self.run(&[&[service, verb], args].concat(), call).await?;
        if !output.status.success() {
            return Err(CallError::Refused { call: call(), why: why(&output) });
        }
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|_| CallError::Answer { call: call(), what: "JSON".to_owned() })
    }

    async fn run(&self, args: &[&str], call: impl Fn() -> String) -> Result<Output, CallError> {
        let wrong = |why: std::io::Error| CallError::NoProgram {
            program: self.program.clone(),
            why: why.to_string(),
        };
        let mut command = Command::new(&self.program);
        command.args(args).args(["--output", "json"]).env("AWS_PAGER", "");
        // Its own attempts end within the deadline: a killed call may have made its change.
        for (name, value) in [("AWS_RETRY_MODE", "standard"), ("AWS_MAX_ATTEMPTS", "3")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own: a Ctrl-C is this program's to hear, and must not cut off a change.
        command.process_group(0).kill_on_drop(true);
        let child = command.spawn().map_err(wrong)?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        match timeout(self.within, child.wait_with_output()).await {
            Ok(output) => output.map_err(wrong),
            Err(_) => {
                // `aws` may be a script, whose child would go on.
                if let Some(group) = group {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                Err(CallError::TimedOut { call: call(), within: self.within })
            }
        }
    }
}

/// Its last words, on one line.
fn why(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return format!("it ended with {}", output.status);
    }
    words.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    /// A program in the place of `aws`.
    fn stand_in(dir: &tempfile::TempDir, script: &str) -> String {
        let path = dir.path().join("aws");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    async fn call(script: &str, within: Duration) -> Result<Value, CallError> {
        let dir = tempfile::tempdir().unwrap();
        Aws::new(stand_in(&dir, script), within).call("ecs", "describe-services", &["--cluster", "c d"]).await
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn an_answer_is_json_or_nothing() {
        let args = r#"printf '["%s","%s","%s","%s","%s","%s"]' "$@""#;
        let wanted = ["ecs", "describe-services", "--cluster", "c d", "--output", "json"];
        assert_eq!(call(args, LONG).await, Ok(serde_json::json!(wanted)));
        assert_eq!(call("true", LONG).await, Ok(Value::Null));
        let said = call("echo no", LONG).await.unwrap_err().to_string();
        assert_eq!(said, "aws ecs describe-services: the answer has no JSON");
    }

    #[tokio::test]
    async fn a_refusal_is_told_on_one_line() {
        let said = call("printf '\\nAn error\\noccurred' >&2; exit 255", LONG).await.unwrap_err().to_string();
        assert_eq!(said, "aws ecs describe-services: An error occurred");
        let said = call("exit 3", LONG).await.unwrap_err().to_string();
        assert!(said.contains("exit status: 3"), "{said}");
    }

    #[tokio::test]
    async fn a_call_that_hangs_is_killed_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let script = format!("sh -c 'sleep 2; touch {}'; true", mark.display());
        let aws = Aws::new(stand_in(&dir, &script), Duration::from_millis(500));
        let begun = Instant::now();
        let ended = aws.call("ecs", "update-service", &[]).await;
        assert!(matches!(ended, Err(CallError::TimedOut { .. })), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_millis(1900));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!mark.exists(), "its child went on");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let ended = Aws::new("/no/such/aws", LONG).call("ecs", "x", &[]).await;
        assert!(matches!(ended, Err(CallError::NoProgram { program, .. }) if program == "/no/such/aws"));
    }
}
