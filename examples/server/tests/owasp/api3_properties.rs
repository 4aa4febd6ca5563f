//! API3, property level authorisation: nobody sets what the server decides, and no answer shows what it keeps to itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::operation::{Operation, documented};
use super::support::{Ask, PASSWORD, problem};
use super::world::World;

/// What others have fallen for, beside the members that answers have.
const PRIVILEGED: [&str; 20] = [
    "role",
    "roles",
    "is_admin",
    "admin",
    "permissions",
    "scope",
    "owner",
    "owner_id",
    "user_id",
    "organisation",
    "organisation_id",
    "tenant_id",
    "account_id",
    "password_hash",
    "email_key",
    "email_verified",
    "verified",
    "deleted_at",
    "__proto__",
    "constructor",
];

/// What the server decides of what it stores.
const DECIDED: [&str; 5] = ["id", "kind", "created_at", "updated_at", "expires_at"];

/// Members of every schema of the document.
fn members(document: &Value) -> BTreeSet<String> {
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let properties = schemas.values().filter_map(|schema| schema["properties"].as_object());
    properties.flat_map(|properties| properties.keys().cloned()).collect()
}

/// Of more faults a report lists no more than 64.
const TOLD_AT_ONCE: usize = 30;

#[tokio::test]
async fn no_body_takes_what_is_not_the_clients_to_say() {
    let world = World::new().await;
    let (document, operations) = documented(&world.server).await;
    let mut tried = 0;
    for operation in &operations {
        let Some(schema) = &operation.body else { continue };
        let own = &document["components"]["schemas"][schema]["properties"];
        for name in PRIVILEGED.iter().chain(&DECIDED) {
            assert!(own.get(name).is_none(), "{schema} takes {name}");
        }
        let names: BTreeSet<_> =
            members(&document).into_iter().chain(PRIVILEGED.map(str::to_owned)).collect();
        let foreign: Vec<_> = names.iter().filter(|name| own.get(name.as_str()).is_none()).collect();
        let path = operation.at(if operation.has_id() { world.id(operation) } else { "" });
        for value in [json!(world.job["id"]), json!("admin"), json!(true), Value::Null] {
            for foreign in foreign.chunks(TOLD_AT_ONCE) {
                let mut body = operation.sample().unwrap();
                for name in foreign {
                    body[name.as_str()] = value.clone();
                }
                let ask = Ask::new(&operation.method, &path).bearer(&world.ana).json(&body);
                let refused = problem(&world.server.ask(ask).await);
                assert_eq!(refused["status"], 422, "{}: {refused}", operation.name());
                let told: BTreeSet<_> = refused["errors"].as_array().unwrap().iter().map(unknown).collect();
                let expected: BTreeSet<_> = foreign.iter().map(|name| format!("#/{name}")).collect();
                assert_eq!(told, expected, "{}", operation.name());
                tried += foreign.len();
            }
        }
    }
    assert!(tried > 400, "{tried}");
    world.is_unchanged().await;
}

fn unknown(error: &Value) -> String {
    assert_eq!(error["code"], "unknown");
    error["pointer"].as_str().unwrap().to_owned()
}

/// An answer has the members that the document tells and no others, at any depth.
fn only_documented(document: &Value, schema: &Value, value: &Value, whose: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => schema,
    };
    if let Some(members) = value.as_object() {
        for (name, value) in members {
            let told = schema["properties"].get(name);
            assert!(told.is_some(), "{whose}: {name} is not in the document");
            only_documented(document, told.unwrap(), value, whose);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        only_documented(document, &schema["items"], item, whose);
    }
}

#[tokio::test]
async fn answers_have_what_the_document_tells_and_no_secret() {
    let world = World::new().await;
    let (document, operations) = documented(&world.server).await;
    let hidden = [
        PASSWORD,
        "argon2",
        "password_hash",
        "email_key",
        "owner",
        "token_hash",
        world.beto.as_str(),
        &world.ana,
    ];
    let mut read = 0;
    for operation in operations.iter().filter(|operation| operation.path.starts_with("/api/v1/")) {
        let Some(answer) = taken(&world, operation).await else { continue };
        let status = answer.status.as_u16().to_string();
        let schema = &operation.told["responses"][&status]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{}: {status} is not in the document", operation.name());
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        only_documented(&document, schema, &value, &operation.name());
        let text = format!("{}{:?}", answer.text(), answer.headers);
        for secret in hidden {
            assert!(!text.contains(secret), "{}: {text}", operation.name());
        }
        read += 1;
    }
    assert!(read >= 9, "{read}");
}

/// Asked as its document wants; none where it is no request for JSON.
async fn taken(world: &World, operation: &Operation) -> Option<campotech_testkit::RawResponse> {
    if operation.told["responses"].get("101").is_some() {
        return None;
    }
    let path = operation.at(if operation.has_id() { world.id(operation) } else { "" });
    let answer = world.server.ask(operation.ask(&path).bearer(&world.ana)).await;
    assert!(answer.status.is_success(), "{}: {}", operation.name(), answer.text());
    Some(answer)
}

#[tokio::test]
async fn a_list_can_not_be_asked_for_more_than_it_shows() {
    let world = World::new().await;
    for list in ["/api/v1/jobs", "/api/v1/customers"] {
        for query in [
            "fields=owner",
            "owner=null",
            "include=owner",
            "expand=user",
            "sort=owner",
            "filter[owner]=1",
            "q=a",
        ] {
            let path = format!("{list}?{query}");
            let refused = world.server.ask(Ask::new("GET", &path).bearer(&world.beto)).await;
            assert_eq!(problem(&refused)["status"], 400, "{path}");
        }
    }
}
