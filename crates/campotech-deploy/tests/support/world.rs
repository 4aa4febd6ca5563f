//! Two colours on moto, blue live.

use std::path::PathBuf;

use campotech_testkit::{Daemon, DaemonBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::program::aws;
use super::{Api, Ended, Program, SmokeServer, tool};

pub(crate) const TASKS: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Blue,
    Green,
}

/// What is different in this world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// How many targets of each colour are registered, as ECS would: moto's target is healthy when it is there.
    pub(crate) blue_targets: u32,
    pub(crate) green_targets: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self { blue_targets: TASKS, green_targets: TASKS }
    }
}

/// The world; it ends with the test.
pub(crate) struct World {
    pub(crate) moto: Daemon,
    pub(crate) api: Api,
    /// Behind the test listener, and behind the production listener.
    pub(crate) smoke: SmokeServer,
    pub(crate) clients: SmokeServer,
    production: String,
    test: String,
    groups: [String; 2],
    home: TempDir,
}

impl Colour {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }
}

/// An image that is told apart by `n`.
pub(crate) fn image(n: u8) -> String {
    format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/app@sha256:{}", format!("{n:02x}").repeat(32))
}

impl World {
    pub(crate) async fn start(setup: Setup) -> Self {
        // Named before anything is started.
        aws();
        let server = tool("moto_server", "moto[server]");
        let script = r#"addr={addr}; exec "$0" -H "${addr%:*}" -p "${addr##*:}""#;
        let moto =
            DaemonBuilder::installed("sh", "dash").arg("-c").arg(script).arg(server.display().to_string());
        let moto = moto.ready_at(0, "/moto-api/data.json").start().await;
        let api = Api::new(&moto.url());
        let found = api.query("ec2", "2016-11-15", "DescribeSubnets", &[]);
        let (subnets, vpc) = (found.all("subnetId"), found.first("vpcId"));
        let balancer =
            [("Name", "lb"), ("Subnets.member.1", &*subnets[0]), ("Subnets.member.2", &*subnets[1])];
        let balancer = api.elb("CreateLoadBalancer", &balancer).first("LoadBalancerArn");
        let group = |name| {
            let args = [
                ("Name", name),
                ("Protocol", "HTTP"),
                ("Port", "8080"),
                ("VpcId", &*vpc),
                ("TargetType", "ip"),
            ];
            api.elb("CreateTargetGroup", &args).first("TargetGroupArn")
        };
        let groups = ["blue", "green"].map(group);
        let listener = |port, live| {
            let mut args = vec![("LoadBalancerArn", &*balancer), ("Protocol", "HTTP"), ("Port", port)];
            args.extend([("DefaultActions.member.1.Type", "forward")]);
            let weights = forward(&groups, live);
            args.extend(weights.iter().map(|(name, value)| (&**name, &**value)));
            api.elb("CreateListener", &args).first("ListenerArn")
        };
        let (production, test) = (listener("443", [100, 0]), listener("8443", [0, 100]));
        let home = tempfile::tempdir().unwrap();
        let [smoke, clients] = [(); 2].map(|()| SmokeServer::start());
        let world = Self { api, smoke, clients, production, test, groups, home, moto };
        world.register_targets(Colour::Blue, setup.blue_targets);
        world.register_targets(Colour::Green, setup.green_targets);
        world.make_services();
        for name in ["blue-errors", "green-errors", "shared-errors"] {
            world.make_alarm(name);
        }
        std::fs::write(world.outputs_file(), world.outputs().to_string()).unwrap();
        world
    }

    fn make_services(&self) {
        self.api.ecs("CreateCluster", &json!({"clusterName": "cluster"}));
        let container = json!({
            "name": "server", "image": image(1), "essential": true, "user": "10001:10001",
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            "environment": [{"name": "CAMPOTECH_LOG_FORMAT", "value": "json"}],
            "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:s:DATABASE_URL::"}],
        });
        let helper = json!({"name": "helper", "image": "helper", "essential": false});
        self.api.ecs("RegisterTaskDefinition", &json!({
            "family": "app", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256",
            "memory": "512", "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
            "containerDefinitions": [helper, container],
        }));
        for (colour, count) in [(Colour::Blue, TASKS), (Colour::Green, 0)] {
            let balancer = json!({"targetGroupArn": self.group(colour), "containerName": "server", "containerPort": 8080});
            let service = json!({"cluster": "cluster", "serviceName": colour.name(), "taskDefinition": "app",
                "desiredCount": count, "launchType": "FARGATE", "loadBalancers": [balancer]});
            self.api.ecs("CreateService", &service);
            // Only then moto says that they run.
            self.scale(colour, count);
        }
    }

    pub(crate) fn make_alarm(&self, name: &str) {
        let args = [
            ("AlarmName", name),
            ("MetricName", "m"),
            ("Namespace", "n"),
            ("Statistic", "Sum"),
            ("Period", "60"),
            ("EvaluationPeriods", "1"),
            ("Threshold", "1"),
            ("ComparisonOperator", "GreaterThanThreshold"),
        ];
        self.api.cloudwatch("PutMetricAlarm", &args);
    }

    pub(crate) fn set_alarm(&self, name: &str, state: &str) {
        let args = [("AlarmName", name), ("StateValue", state), ("StateReason", "a test")];
        self.api.cloudwatch("SetAlarmState", &args);
    }

    pub(crate) fn register_targets(&self, colour: Colour, count: u32) {
        self.targets("RegisterTargets", colour, count);
    }

    pub(crate) fn deregister_targets(&self, colour: Colour, count: u32) {
        self.targets("DeregisterTargets", colour, count);
    }

    /// One that is told apart by `n`.
    pub(crate) fn register_target(&self, colour: Colour, n: u32) {
        self.target("RegisterTargets", colour, n);
    }

    pub(crate) fn deregister_target(&self, colour: Colour, n: u32) {
        self.target("DeregisterTargets", colour, n);
    }

    fn target(&self, action: &str, colour: Colour, n: u32) {
        let args = [("TargetGroupArn", self.group(colour)), ("Targets.member.1.Id", &*address(colour, n))];
        self.api.elb(action, &args);
    }

    fn targets(&self, action: &str, colour: Colour, count: u32) {
        let ids = (1..=count).map(|n| (format!("Targets.member.{n}.Id"), address(colour, n)));
        let ids: Vec<_> = ids.collect();
        let mut args = vec![("TargetGroupArn", self.group(colour))];
        args.extend(ids.iter().map(|(name, value)| (&**name, &**value)));
        if count > 0 {
            self.api.elb(action, &args);
        }
    }

    pub(crate) fn scale(&self, colour: Colour, count: u32) {
        let update = json!({"cluster": "cluster", "service": colour.name(), "desiredCount": count});
        self.api.ecs("UpdateService", &update);
    }

    fn group(&self, colour: Colour) -> &str {
        &self.groups[colour as usize]
    }

    /// Weights of blue and green.
    pub(crate) fn production(&self) -> [u32; 2] {
        self.weights(&self.production)
    }

    pub(crate) fn test(&self) -> [u32; 2] {
        self.weights(&self.test)
    }

    fn weights(&self, listener: &str) -> [u32; 2] {
        let said = self.api.elb("DescribeListeners", &[("ListenerArns.member.1", listener)]);
        let groups = said.first("TargetGroups");
        let member = |group: &str| {
            let of = groups.split("</member>").find(|member| member.contains(group)).unwrap().to_owned();
            of.split("<Weight>").nth(1).unwrap().split('<').next().unwrap().parse().unwrap()
        };
        [member(&self.groups[0]), member(&self.groups[1])]
    }

    pub(crate) fn set_production(&self, weights: [u32; 2]) {
        let mut args = vec![("ListenerArn", &*self.production), ("DefaultActions.member.1.Type", "forward")];
        let weights = forward(&self.groups, weights);
        args.extend(weights.iter().map(|(name, value)| (&**name, &**value)));
        self.api.elb("ModifyListener", &args);
    }

    pub(crate) fn service(&self, colour: Colour) -> Value {
        let said =
            self.api.ecs("DescribeServices", &json!({"cluster": "cluster", "services": [colour.name()]}));
        said["services"][0].clone()
    }

    pub(crate) fn desired(&self, colour: Colour) -> u64 {
        self.service(colour)["desiredCount"].as_u64().unwrap()
    }

    /// What the colour is told to run.
    pub(crate) fn definition(&self, colour: Colour) -> Value {
        let name = self.service(colour)["taskDefinition"].clone();
        self.api.ecs("DescribeTaskDefinition", &json!({"taskDefinition": name}))["taskDefinition"].clone()
    }

    pub(crate) fn newest_revision(&self) -> u64 {
        let said = self.api.ecs("DescribeTaskDefinition", &json!({"taskDefinition": "app"}));
        said["taskDefinition"]["revision"].as_u64().unwrap()
    }

    /// Exactly this colour has everything, and the test listener leads to the other one.
    #[track_caller]
    pub(crate) fn assert_live(&self, colour: Colour) {
        let all = |colour| if colour == Colour::Blue { [100, 0] } else { [0, 100] };
        assert_eq!((self.production(), self.test()), (all(colour), all(colour.other())));
        assert_eq!(self.desired(colour), u64::from(TASKS), "tasks of who is live");
        assert_eq!(self.desired(colour.other()), 0, "tasks of who is not");
    }

    pub(crate) fn outputs(&self) -> Value {
        json!({
            "ClusterName": "cluster", "ContainerName": "server", "TaskDefinitionFamily": "app",
            "TaskCount": TASKS.to_string(), "BlueServiceName": "blue", "GreenServiceName": "green",
            "BlueTargetGroupArn": self.groups[0], "GreenTargetGroupArn": self.groups[1],
            "ProductionListenerArn": self.production, "TestListenerArn": self.test, "TestUrl": self.smoke.url(),
            "ProductionUrl": self.clients.url(),
            "BlueAlarms": "blue-errors,shared-errors", "GreenAlarms": "green-errors,shared-errors",
        })
    }

    /// A stack that says the same.
    pub(crate) fn make_stack(&self, name: &str) {
        let outputs = self.outputs();
        let outputs =
            outputs.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!({"Value": value})));
        let template = json!({
            "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}},
            "Outputs": outputs.collect::<serde_json::Map<_, _>>(),
        });
        let args = [("StackName", name), ("TemplateBody", &*template.to_string())];
        self.api.query("cloudformation", "2010-05-15", "CreateStack", &args);
    }

    pub(crate) fn outputs_file(&self) -> PathBuf {
        self.home.path().join("outputs.json")
    }

    /// What the `aws` program finds its way by, and nothing of whoever runs the tests.
    pub(crate) fn environment(endpoint: &str) -> [(&'static str, String); 7] {
        [
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// A verb with the file of outputs and short times; what is said later wins nothing, so it says other things.
    pub(crate) fn words<'w>(&self, verb: &'w str, more: &[&'w str]) -> Vec<String> {
        let file = self.outputs_file().display().to_string();
        let words = [verb, "--outputs", &file, "--aws", &aws(), "--poll", "300ms"];
        words.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    }

    pub(crate) fn begin(&self, verb: &str, more: &[&str]) -> Program {
        self.begin_at(&self.moto.url(), verb, more)
    }

    pub(crate) fn begin_at(&self, endpoint: &str, verb: &str, more: &[&str]) -> Program {
        let words = self.words(verb, more);
        Program::start(endpoint, &words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A delivery of the image `n`.
    pub(crate) fn deliver(&self, n: u8, more: &[&str]) -> Program {
        self.deliver_at(&self.moto.url(), n, more)
    }

    pub(crate) fn deliver_at(&self, endpoint: &str, n: u8, more: &[&str]) -> Program {
        let image = image(n);
        let mut words = vec!["--image", &*image];
        // Each share takes its time.
        if !more.contains(&"--steps") {
            words.extend(["--steps", "10,100"]);
        }
        self.begin_at(endpoint, "run", &[&words, more].concat())
    }

    pub(crate) async fn verb(&self, verb: &str, more: &[&str]) -> Ended {
        self.begin(verb, more).end().await
    }
}

fn address(colour: Colour, n: u32) -> String {
    format!("10.0.{}.{n}", colour as u8)
}

fn forward(groups: &[String; 2], weights: [u32; 2]) -> Vec<(String, String)> {
    let member = "DefaultActions.member.1.ForwardConfig.TargetGroups.member";
    let one = |n: usize| {
        [
            (format!("{member}.{}.TargetGroupArn", n + 1), groups[n].clone()),
            (format!("{member}.{}.Weight", n + 1), weights[n].to_string()),
        ]
    };
    one(0).into_iter().chain(one(1)).collect()
}
