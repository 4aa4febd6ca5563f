//! The cloud as it is: ECS, a load balancer and alarms, through [`Aws`].

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::cloud::{Alarms, Answer, CallError, Cloud, Definition, Listener, Service, Targets};
use crate::colour::{Colour, Weights};
use crate::outputs::Outputs;

/// What `describe-task-definition` says and `register-task-definition` does not take.
const NOT_TAKEN: [&str; 8] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
];

/// How long one answer to a smoke test may take.
const ASK: Duration = Duration::from_secs(5);

/// How much of an answer is read.
const READ: u64 = 64 * 1024;

/// Whom smoke tests ask.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    pub(crate) production: String,
    pub(crate) test: String,
}

/// One stack.
#[derive(Debug)]
pub(crate) struct Ecs {
    aws: Aws,
    outputs: Outputs,
    urls: Option<Urls>,
    agent: ureq::Agent,
}

impl Ecs {
    pub(crate) fn new(aws: Aws, outputs: Outputs, urls: Option<Urls>) -> Self {
        let config = ureq::Agent::config_builder();
        let agent =
            config.http_status_as_error(false).max_redirects(0).timeout_global(Some(ASK)).build().into();
        Self { aws, outputs, urls, agent }
    }

    pub(crate) const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    fn arn(&self, listener: Listener) -> &str {
        match listener {
            Listener::Production => &self.outputs.production_listener,
            Listener::Test => &self.outputs.test_listener,
        }
    }

    /// What a listener does, as it says it.
    async fn actions(&self, listener: Listener) -> Result<Value, CallError> {
        let args = ["--listener-arns", self.arn(listener)];
        let said = self.aws.call("elbv2", "describe-listeners", &args).await?;
        field(&said["Listeners"][0], "elbv2 describe-listeners", "DefaultActions").cloned()
    }

    fn forward(&self, weights: Weights) -> Value {
        let group = |colour| json!({"TargetGroupArn": self.outputs.side(colour).target_group, "Weight": weights.of(colour)});
        json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": Colour::BOTH.map(group)}}])
    }

    /// The weights in `actions`, where it knows both colours and nobody else.
    fn read(&self, listener: Listener, actions: &Value) -> Result<Weights, CallError> {
        let wrong = || CallError::NotTwoColours { listener: listener.name() };
        let [action] = actions.as_array().ok_or_else(wrong)?.as_slice() else { return Err(wrong()) };
        let groups = action["ForwardConfig"]["TargetGroups"].as_array().ok_or_else(wrong)?;
        let weight = |colour| {
            let arn = self.outputs.side(colour).target_group.as_str();
            let group = groups.iter().find(|group| group["TargetGroupArn"] == arn)?;
            u32::try_from(group["Weight"].as_u64()?).ok()
        };
        match (groups.len(), weight(Colour::Blue), weight(Colour::Green)) {
            (2, Some(blue), Some(green)) => Ok(Weights { blue, green }),
            _ => Err(wrong()),
        }
    }

    async fn update(&self, colour: Colour, args: &[&str]) -> Result<(), CallError> {
        let service = &self.outputs.side(colour).service;
        let place = ["--cluster", &self.outputs.cluster, "--service", service];
        self.aws.call("ecs", "update-service", &[&place, args].concat()).await.map(drop)
    }
}

impl Cloud for Ecs {
    async fn weights(&self, listener: Listener) -> Result<Weights, CallError> {
        self.read(listener, &self.actions(listener).await?)
    }

    async fn set_weights(&self, listener: Listener, weights: Weights) -> Result<(), CallError> {
        let mut actions = self.actions(listener).await?;
        self.read(listener, &actions)?;
        // Whatever else the listener has, stickiness for one, stays.
        let groups = self.forward(weights)[0]["ForwardConfig"]["TargetGroups"].take();
        actions[0]["ForwardConfig"]["TargetGroups"] = groups;
        let actions = actions.to_string();
        let args = ["--listener-arn", self.arn(listener), "--default-actions", &actions];
        self.aws.call("elbv2", "modify-listener", &args).await.map(drop)
    }

    async fn newest_definition(&self) -> Result<Definition, CallError> {
        // The family without a number is its newest revision.
        self.definition(&self.outputs.family).await
    }

    async fn definition(&self, arn: &str) -> Result<Definition, CallError> {
        const CALL: &str = "ecs describe-task-definition";
        let said = self.aws.call("ecs", "describe-task-definition", &["--task-definition", arn]).await?;
        let mut content = field(&said, CALL, "taskDefinition")?.clone();
        let arn = text(&content, CALL, "taskDefinitionArn")?;
        if let Some(content) = content.as_object_mut() {
            content.retain(|name, _| !NOT_TAKEN.contains(&name.as_str()));
        }
        Ok(Definition { arn, content })
    }

    async fn register(&self, content: &Value) -> Result<String, CallError> {
        let content = content.to_string();
        let said = self.aws.call("ecs", "register-task-definition", &["--cli-input-json", &content]).await?;
        text(&said["taskDefinition"], "ecs register-task-definition", "taskDefinitionArn")
    }

    async fn service(&self, colour: Colour) -> Result<Service, CallError> {
        const CALL: &str = "ecs describe-services";
        let args = ["--cluster", &self.outputs.cluster, "--services", &self.outputs.side(colour).service];
        let said = self.aws.call("ecs", "describe-services", &args).await?;
        let service = &said["services"][0];
        let deployments = field(service, CALL, "deployments")?.as_array().map_or(&[][..], Vec::as_slice);
        let gave_up = |of: &Value| of["status"] == "PRIMARY" && of["rolloutState"] == "FAILED";
        Ok(Service {
            definition: text(service, CALL, "taskDefinition")?,
            desired: number(service, CALL, "desiredCount")?,
            running: number(service, CALL, "runningCount")?,
            pending: number(service, CALL, "pendingCount")?,
            deployments: deployments.len(),
            gave_up: deployments.iter().any(gave_up),
        })
    }

    async fn start(&self, colour: Colour, definition: &str, count: u32) -> Result<(), CallError> {
        let count = count.to_string();
        // Forced, so that a revision that ECS gave up once gets another chance.
        let args = ["--task-definition", definition, "--desired-count", &count, "--force-new-deployment"];
        self.update(colour, &args).await
    }

    async fn scale(&self, colour: Colour, count: u32) -> Result<(), CallError> {
        self.update(colour, &["--desired-count", &count.to_string()]).await
    }

    async fn targets(&self, colour: Colour) -> Result<Targets, CallError> {
        const CALL: &str = "elbv2 describe-target-health";
        let args = ["--target-group-arn", &self.outputs.side(colour).target_group];
        let said = self.aws.call("elbv2", "describe-target-health", &args).await?;
        let found = field(&said, CALL, "TargetHealthDescriptions")?.as_array().map_or(&[][..], Vec::as_slice);
        let states = found.iter().filter_map(|target| target["TargetHealth"]["State"].as_str());
        let mut targets = Targets { healthy: 0, others: 0 };
        for state in states {
            match state {
                "healthy" => targets.healthy += 1,
                "draining" | "unhealthy.draining" => {}
                _ => targets.others += 1,
            }
        }
        Ok(targets)
    }

    async fn alarms(&self, colour: Colour) -> Result<Alarms, CallError> {
        let names = &self.outputs.side(colour).alarms;
        if names.is_empty() {
            return Ok(Alarms::default());
        }
        let mut args = vec!["--alarm-types", "MetricAlarm", "CompositeAlarm", "--alarm-names"];
        args.extend(names.iter().map(String::as_str));
        let said = self.aws.call("cloudwatch", "describe-alarms", &args).await?;
        let lists = ["MetricAlarms", "CompositeAlarms"].map(|list| said[list].as_array());
        let found: Vec<&Value> = lists.into_iter().flatten().flatten().collect();
        let state = |name: &String| {
            found.iter().find(|alarm| alarm["AlarmName"] == name.as_str()).map(|alarm| &alarm["StateValue"])
        };
        let those =
            |is: fn(Option<&Value>) -> bool| names.iter().filter(|name| is(state(name))).cloned().collect();
        Ok(Alarms {
            loud: those(|state| state.is_some_and(|state| state == "ALARM")),
            missing: those(|state| state.is_none()),
        })
    }

    async fn ask(&self, listener: Listener, path: &str) -> Result<Answer, String> {
        let Urls { production, test } = self.urls.as_ref().ok_or("nobody said whom to ask")?;
        let url = match listener {
            Listener::Production => production,
            Listener::Test => test,
        };
        let url = format!("{}{path}", url.trim_end_matches('/'));
        let agent = self.agent.clone();
        // It knows no other way than to wait; it ends in time by itself.
        let asked = tokio::task::spawn_blocking(move || {
            let mut answer = agent.get(&url).call().map_err(|why| why.to_string())?;
            let body = answer.body_mut().with_config().limit(READ).lossy_utf8(true).read_to_string();
            Ok(Answer { status: answer.status().as_u16(), body: body.map_err(|why| why.to_string())? })
        });
        asked.await.map_err(|why| why.to_string())?
    }

    fn by_hand(&self, live: Colour, count: u32) -> Vec<String> {
        let modify = |listener, colour| {
            let actions = self.forward(Weights::all(colour));
            let arn = self.arn(listener);
            format!("aws elbv2 modify-listener --listener-arn '{arn}' --default-actions '{actions}'")
        };
        let update = |colour, count| {
            let (cluster, service) = (&self.outputs.cluster, &self.outputs.side(colour).service);
            format!(
                "aws ecs update-service --cluster '{cluster}' --service '{service}' --desired-count {count}"
            )
        };
        let idle = live.other();
        let able = (count > 0).then(|| update(live, count));
        let rest = [modify(Listener::Production, live), modify(Listener::Test, idle), update(idle, 0)];
        able.into_iter().chain(rest).collect()
    }
}

fn field<'v>(value: &'v Value, call: &str, name: &str) -> Result<&'v Value, CallError> {
    let wrong = || CallError::Answer { call: format!("aws {call}"), what: name.to_owned() };
    value.get(name).filter(|found| !found.is_null()).ok_or_else(wrong)
}

fn text(value: &Value, call: &str, name: &str) -> Result<String, CallError> {
    let wrong = || CallError::Answer { call: format!("aws {call}"), what: name.to_owned() };
    Ok(field(value, call, name)?.as_str().ok_or_else(wrong)?.to_owned())
}

fn number(value: &Value, call: &str, name: &str) -> Result<u32, CallError> {
    let wrong = || CallError::Answer { call: format!("aws {call}"), what: name.to_owned() };
    field(value, call, name)?.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or_else(wrong)
}
