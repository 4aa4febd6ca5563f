//! The OpenAPI 3.1 document.

use bytes::Bytes;
use serde_json::Value;

use crate::http::Contract;

/// Paths and answers. What is taken in is not among it: that is what the routes validate.
const WRITTEN: &str = include_str!("openapi.json");

/// The document; a test compares its paths with the routes.
#[derive(Debug, Clone)]
pub struct Document {
    value: Value,
    text: Bytes,
}

impl Document {
    /// Puts it together.
    ///
    /// # Errors
    /// The written part is not JSON.
    pub fn new() -> Result<Self, serde_json::Error> {
        let mut value: Value = serde_json::from_str(WRITTEN)?;
        let Contract { schemas, parameters } = Contract::new();
        if let Some(Value::Object(written)) = value.pointer_mut("/components/schemas") {
            written.extend(schemas);
        }
        for operation in operations(&mut value) {
            if let Some((_, parameters)) = parameters.iter().find(|(id, _)| operation["operationId"] == *id) {
                operation["parameters"] = parameters.clone().into();
            }
        }
        let text = serde_json::to_vec(&value)?.into();
        Ok(Self { value, text })
    }

    /// The document for whoever reads it here.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The document as it is served.
    #[must_use]
    pub const fn text(&self) -> &Bytes {
        &self.text
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    paths.filter_map(Value::as_object_mut).flat_map(|methods| methods.values_mut())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_reference_resolves() {
        let document = Document::new().unwrap();
        let mut found = BTreeSet::new();
        references(document.value(), &mut found);
        assert!(found.contains("#/components/schemas/CreateJob"));
        for reference in found {
            assert!(document.value().pointer(&reference[1..]).is_some(), "{reference}");
        }
    }

    #[test]
    fn what_is_taken_in_is_what_is_validated() {
        let document = Document::new().unwrap();
        let schemas = &document.value()["components"]["schemas"];
        let create = &schemas["CreateJob"];
        assert_eq!(create["required"], serde_json::json!(["title", "customer_phone", "priority"]));
        assert_eq!(create["properties"]["title"]["maxLength"], 120);
        assert_eq!(schemas["Register"]["properties"]["password"]["minLength"], 15);
        let list = &document.value()["paths"]["/api/v1/jobs"]["get"]["parameters"];
        assert_eq!((&list[0]["name"], &list[0]["schema"]["maximum"]), (&"limit".into(), &100.into()));
        let statuses: Vec<_> = crate::domain::JobStatus::ALL.map(crate::domain::JobStatus::as_str).into();
        assert_eq!(schemas["JobStatus"]["enum"], serde_json::json!(statuses));
    }
}
