//! AWS's interfaces without the `aws` program: what a test builds and reads back goes another way than what it tests.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// A way to one moto.
pub(crate) struct Api {
    agent: Agent,
    url: String,
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(30))).build().into();
        Self { agent, url: format!("{url}/") }
    }

    /// A call that is sent as a form and answered as XML.
    pub(crate) fn query(&self, service: &str, version: &str, action: &str, args: &[(&str, &str)]) -> Xml {
        let form = [("Action", action), ("Version", version)].into_iter().chain(args.iter().copied());
        let request = self.agent.post(&self.url).header("Authorization", credential(service));
        let mut answer = request.send_form(form).unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{action}: {body}");
        Xml(body)
    }

    pub(crate) fn elb(&self, action: &str, args: &[(&str, &str)]) -> Xml {
        self.query("elasticloadbalancing", "2015-12-01", action, args)
    }

    pub(crate) fn cloudwatch(&self, action: &str, args: &[(&str, &str)]) -> Xml {
        self.query("monitoring", "2010-08-01", action, args)
    }

    /// A call of ECS, which is JSON.
    pub(crate) fn ecs(&self, action: &str, body: &Value) -> Value {
        let request = self.agent.post(&self.url).header("Authorization", credential("ecs"));
        let request = request.header("X-Amz-Target", format!("AmazonEC2ContainerServiceV20141113.{action}"));
        let mut answer = request.content_type("application/x-amz-json-1.1").send(body.to_string()).unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{action}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

fn credential(service: &str) -> String {
    let scope = format!("test/20260101/us-east-1/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=test")
}

/// An answer, of which single values are read.
pub(crate) struct Xml(String);

impl Xml {
    /// All texts of elements of that name, in their order.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let texts = self.0.split(&open).skip(1);
        texts.map(|text| text.split(&close).next().unwrap().trim().to_owned()).collect()
    }

    pub(crate) fn first(&self, name: &str) -> String {
        self.all(name).into_iter().next().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }
}
