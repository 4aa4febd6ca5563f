//! The routes as the document tells them, so that no test can forget a new one.

use serde_json::{Value, json};

use crate::support::{Ask, PASSWORD, Server};

/// An id that nobody has.
pub(crate) const NOBODYS: &str = "0199b1c8-8f3a-7cc0-b7f0-5a1f2f1b1c11";

/// A method of a path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Does it ask for a token?
    pub(crate) secured: bool,
    /// The name of the schema of its body.
    pub(crate) body: Option<String>,
    /// As it is in the document.
    pub(crate) told: Value,
}

/// What is served, with the document that says so.
pub(crate) async fn documented(server: &Server) -> (Value, Vec<Operation>) {
    let document = server.json(Ask::new("GET", "/api/openapi.json").from(90), 200).await;
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap() {
            let schema = &told["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                secured: !told["security"].as_array().unwrap().is_empty(),
                body: schema.as_str().map(|name| name.rsplit('/').next().unwrap().to_owned()),
                told: told.clone(),
            });
        }
    }
    assert!(operations.len() > 10, "{operations:?}");
    (document, operations)
}

pub(crate) async fn operations(server: &Server) -> Vec<Operation> {
    documented(server).await.1
}

impl Operation {
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// The path with this id.
    pub(crate) fn at(&self, id: &str) -> String {
        let path = self.path.replace("{id}", id);
        assert!(!path.contains('{'), "a parameter that no attacker knows: {path}");
        path
    }

    /// A request that is taken, to a path of [`at`](Self::at).
    pub(crate) fn ask<'a>(&'a self, path: &'a str) -> Ask<'a> {
        let ask = Ask::new(&self.method, path);
        self.sample().iter().fold(ask, Ask::json)
    }

    /// A body that is taken.
    pub(crate) fn sample(&self) -> Option<Value> {
        let phone = "011 15 2345-6789";
        Some(match self.body.as_deref()? {
            "Register" => json!({"email": "nueva@example.com", "password": PASSWORD, "name": "Nueva"}),
            "Credentials" => json!({"email": "beto@example.com", "password": PASSWORD}),
            "CreateJob" => json!({"title": "x", "customer_phone": phone, "priority": "low"}),
            "ChangeJob" => json!({"status": "cancelled"}),
            "CreateCustomer" => json!({"name": "B", "email": "b@example.com", "phone": phone}),
            other => unreachable!("a body that no attacker knows: {other}"),
        })
    }

    /// How it is called in a message.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
