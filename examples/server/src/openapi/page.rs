//! The document as a page that needs no script.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

const CSS: &str = "\
:root{color-scheme:light dark;--dim:#6b7280;--line:#8884;--code:#8882}\
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:58rem;padding:0 1rem;background:Canvas;color:CanvasText}\
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}\
code{background:var(--code);padding:.1rem .3rem;border-radius:.25rem;overflow-wrap:anywhere}\
.method{font-weight:700;text-transform:uppercase;margin-right:.5rem}\
p{margin:.25rem 0}table{border-collapse:collapse;width:100%;margin:.5rem 0}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}\
th{color:var(--dim);font-size:.85rem}section{border-top:1px solid var(--line);padding-top:.5rem;margin-top:1rem}\
@media (prefers-color-scheme:dark){:root{--dim:#9ca3af}}";

/// Renders the page; `nonce` lets its style pass the content security policy.
#[must_use]
pub fn page(document: &Value, nonce: &str) -> String {
    let info = &document["info"];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (text(info, "title")) }
                // Browsers ask for /favicon.ico otherwise, which is not there.
                link rel="icon" href="data:,";
                style nonce=(nonce) { (PreEscaped(CSS)) }
            }
            body { main {
                h1 { (text(info, "title")) }
                p { (prose(text(info, "description"))) }
                p { a href="/api/openapi.json" { "OpenAPI document" } }
                h2 { "Routes" }
                @for (path, methods) in entries(&document["paths"]) {
                    @for (method, operation) in entries(methods) { (route(path, method, operation)) }
                }
                h2 { "Schemas" }
                @for (name, schema) in entries(&document["components"]["schemas"]) { (shape(name, schema)) }
            } }
        }
    }
    .into_string()
}

fn route(path: &str, method: &str, operation: &Value) -> Markup {
    html! {
        section {
            h3 { span.method { (method) } " " code { (path) } }
            p { (text(operation, "summary")) "." }
            @if operation["description"].is_string() { p { (prose(text(operation, "description"))) } }
            @if let Some(parameters) = operation["parameters"].as_array() {
                table {
                    thead { tr { th scope="col" { "Parameter" } th scope="col" { "In" } th scope="col" { "Type" } th scope="col" { "" } } }
                    tbody { @for parameter in parameters { tr {
                        td { code { (text(parameter, "name")) } }
                        td { (text(parameter, "in")) @if parameter["required"] == true { ", required" } }
                        td { (kind(&parameter["schema"])) }
                        td { (prose(text(parameter, "description"))) }
                    } } }
                }
            }
            @if let Some(name) = reference(&operation["requestBody"]["content"]["application/json"]["schema"]) {
                p { "Body: " a href={ "#" (name) } { (name) } }
            }
            p { "Answers: " @for (status, _) in entries(&operation["responses"]) { code { (status) } " " } }
        }
    }
}

fn shape(name: &str, schema: &Value) -> Markup {
    let required = |field: &str| schema["required"].as_array().is_some_and(|r| r.iter().any(|v| v == field));
    html! {
        section id=(name) {
            h3 { code { (name) } }
            p { (prose(text(schema, "description"))) @if schema["enum"].is_array() { (kind(schema)) } }
            @if schema["properties"].is_object() {
                table {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Type" } th scope="col" { "" } } }
                    tbody { @for (field, schema) in entries(&schema["properties"]) { tr {
                        td { code { (field) } @if required(field) { " required" } }
                        td { (kind(schema)) }
                        td { (prose(text(schema, "description"))) }
                    } } }
                }
            }
        }
    }
}

fn kind(schema: &Value) -> Markup {
    if let Some(name) = reference(schema) {
        return html! { a href={ "#" (name) } { (name) } };
    }
    // What may be null, too: a field that may be left out says so by not being required.
    if let Some(name) = schema["anyOf"].as_array().and_then(|options| reference(options.first()?)) {
        return html! { a href={ "#" (name) } { (name) } " or null" };
    }
    if let Some(values) = schema["enum"].as_array() {
        return html! { @for value in values { code { (value.as_str().unwrap_or_default()) } " " } };
    }
    let mut limits = Vec::new();
    for (name, sign) in [("minLength", "≥"), ("maxLength", "≤"), ("minimum", "≥"), ("maximum", "≤")] {
        if let Some(limit) = schema[name].as_u64() {
            limits.push(format!("{sign} {limit}"));
        }
    }
    html! {
        (match &schema["type"] {
            Value::String(name) => name.clone(),
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            _ => String::new(),
        })
        @if let Some(name) = reference(&schema["items"]) { " of " a href={ "#" (name) } { (name) } }
        @if let Some(format) = schema["format"].as_str() { ", " (format) }
        @if !limits.is_empty() { ", " (limits.join(", ")) }
    }
}

// Backquoted words become code, as in the document's own Markdown.
fn prose(text: &str) -> Markup {
    html! { @for (i, part) in text.split('`').enumerate() { @if i % 2 == 1 { code { (part) } } @else { (part) } } }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
