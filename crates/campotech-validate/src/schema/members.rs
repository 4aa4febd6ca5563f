//! The members of an object.

use serde_json::{Map, Value, json};

use super::Schema;

/// What the members of an object are, while they are described one by one.
#[derive(Debug, Default)]
pub struct Members {
    members: Vec<Member>,
    /// Of names that mean the same, what may be there at once.
    exclusions: Vec<Value>,
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    required: bool,
    schema: Schema,
}

impl Members {
    /// Adds a member, and the older names it may have. Its description is that of the field.
    pub fn add(&mut self, names: &[&'static str], schema: Schema, description: &[&str], required: bool) {
        let [name, aliases @ ..] = names else { return };
        let description = paragraph(description);
        let schema = if description.is_empty() { schema } else { schema.with("description", description) };
        for alias in aliases {
            let schema = schema.clone().with("deprecated", true);
            self.members.push(Member { name: alias, required: false, schema });
        }
        self.members.push(Member { name, required: required && aliases.is_empty(), schema });
        if aliases.is_empty() {
            return;
        }
        let either: Vec<_> = names.iter().map(|name| json!({"required": [name]})).collect();
        if required {
            self.exclusions.push(json!({"oneOf": either}));
            return;
        }
        let pairs = names.iter().enumerate().flat_map(|(at, one)| {
            names[at + 1..].iter().map(move |other| json!({"not": {"required": [one, other]}}))
        });
        self.exclusions.extend(pairs);
    }

    /// Says what an absent member is taken for.
    pub fn set_default(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(member) = self.members.iter_mut().find(|member| member.name == name) {
            member.schema = std::mem::take(&mut member.schema).with("default", value);
        }
    }

    /// The object that has these members and no others.
    #[must_use]
    pub fn into_schema(self, description: &[&str]) -> Schema {
        let required: Vec<_> = self.members.iter().filter(|member| member.required).map(|m| m.name).collect();
        let mut schema = Schema::of_type("object");
        let description = paragraph(description);
        if !description.is_empty() {
            schema = schema.with("description", description);
        }
        if !required.is_empty() {
            schema = schema.with("required", required);
        }
        if !self.exclusions.is_empty() {
            schema = schema.with("allOf", self.exclusions);
        }
        let members = self.members.into_iter().map(|member| (member.name.to_owned(), member.schema.into()));
        let members: Map<String, Value> = members.collect();
        schema.with("properties", members).with("additionalProperties", false)
    }

    /// The parameters of OpenAPI that have these names; `place` is where they are sent.
    pub(super) fn into_parameters(self, place: &str) -> Vec<Value> {
        let parameter = |Member { name, required, schema }: Member| {
            let mut schema = schema.not_null();
            let description = schema.keywords().remove("description");
            let deprecated = schema.keywords().remove("deprecated");
            let mut parameter = Map::new();
            parameter.insert("name".to_owned(), name.into());
            parameter.insert("in".to_owned(), place.into());
            parameter.extend(description.map(|text| ("description".to_owned(), text)));
            parameter.extend(deprecated.map(|is| ("deprecated".to_owned(), is)));
            if required {
                parameter.insert("required".to_owned(), true.into());
            }
            parameter.insert("schema".to_owned(), schema.into());
            Value::Object(parameter)
        };
        self.members.into_iter().map(parameter).collect()
    }
}

/// The lines of a documentation comment.
pub(crate) fn paragraph(lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
