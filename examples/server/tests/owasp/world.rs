//! A server, Ana, who has something there, and Beto, an attacker with an account of his own.

use campotech_testkit::RawResponse;
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::support::{Ask, Backend, Kind, Server};

/// Quotas out of the way.
pub(crate) const FREE: [(&str, &str); 3] = [
    ("CAMPOTECH_RATE_AUTH", "5000/15m"),
    ("CAMPOTECH_RATE_STANDARD", "100000/1m"),
    ("CAMPOTECH_RATE_WEBHOOK", "100000/1m"),
];

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) ana: String,
    pub(crate) beto: String,
    /// What Ana has.
    pub(crate) job: Value,
    pub(crate) customer: Value,
    pub(crate) backend: Backend,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Backend::new(Kind::Embedded).await, &[]).await
    }

    pub(crate) async fn on(backend: Backend, more: &[(&str, &str)]) -> Self {
        let server = backend.server(&[&FREE, more].concat()).await;
        let ana = server.log_in(1, "ana@example.com").await;
        let beto = server.log_in(2, "beto@example.com").await;
        let job = server.create_job(1, &ana, "De Ana").await;
        let customer =
            json!({"name": "Taller Sur", "email": "taller@example.com", "phone": "+54 9 351 234 5678"});
        let customer = Ask::new("POST", "/api/v1/customers").bearer(&ana).json(&customer);
        let customer = server.json(customer, 201).await;
        Self { server, ana, beto, job, customer, backend }
    }

    /// The id of what Ana has there.
    pub(crate) fn id(&self, operation: &Operation) -> &str {
        let thing = match operation.path.as_str() {
            path if path.starts_with("/api/v1/jobs/") => &self.job,
            path if path.starts_with("/api/v1/customers/") => &self.customer,
            other => unreachable!("objects that Ana has none of: {other}"),
        };
        thing["id"].as_str().unwrap()
    }

    /// What Ana has is as it was, and there is nothing else of hers.
    pub(crate) async fn is_unchanged(&self) {
        for (list, thing) in [("/api/v1/jobs", &self.job), ("/api/v1/customers", &self.customer)] {
            let items = crate::support::items(&self.server, &self.ana, list).await;
            assert_eq!(items, std::slice::from_ref(thing), "{list}");
        }
    }
}

/// An answer without what every answer has of its own.
pub(crate) fn words(answer: &RawResponse) -> (u16, String) {
    let id = answer.headers.get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    (answer.status.as_u16(), answer.text().replace(&id.unwrap_or_default(), "<id>"))
}
