//! Values with what they are.

use std::path::Path;

/// A value and its kind: `benign` or that of an attack.
pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) value: String,
}

/// Attacks and work orders of our own.
pub(crate) fn own() -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for line in include_str!("../../tests/corpus/attacks.tsv").lines().filter(|line| !line.starts_with('#')) {
        let (kind, value) = line.split_once('\t').ok_or_else(|| format!("no tab in `{line}`"))?;
        cases.push(Case { kind: kind.to_owned(), value: value.to_owned() });
    }
    let benign = super::benign::texts();
    if benign.len() < 2_000 {
        return Err(format!("{} work orders are not 2,000", benign.len()));
    }
    cases.extend(benign.into_iter().map(|value| Case { kind: "benign".to_owned(), value }));
    Ok(cases)
}

/// Morzeux/HttpParamsDataset: a header, then `payload,class` with quoted fields where needed.
pub(crate) fn http_params(path: &Path) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut cases = Vec::new();
    for record in records(&text).into_iter().skip(1) {
        // In the whole set a length stands between the two.
        let (Some(value), Some(class)) =
            (record.first(), record.iter().skip(1).find(|field| kind(field).is_some()))
        else {
            return Err(format!("{}: a record without a class", path.display()));
        };
        let kind = kind(class).unwrap_or_default();
        cases.push(Case { kind: kind.to_owned(), value: value.clone() });
    }
    Ok(cases)
}

fn kind(class: &str) -> Option<&'static str> {
    Some(match class {
        "norm" => "benign",
        "sqli" => "sqli",
        "xss" => "xss",
        "cmdi" => "command",
        "path-traversal" => "traversal",
        _ => return None,
    })
}

/// Comma-separated values (RFC 4180).
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let field = record.last_mut();
        match (c, field) {
            ('"', Some(field)) if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', Some(field)) if quoted || field.is_empty() => quoted = !quoted,
            (',', _) if !quoted => record.push(String::new()),
            ('\r', _) if !quoted && chars.peek() == Some(&'\n') => {}
            ('\n', _) if !quoted => records.push(std::mem::replace(&mut record, vec![String::new()])),
            (c, Some(field)) => field.push(c),
            (_, None) => {}
        }
    }
    if record.iter().any(|field| !field.is_empty()) {
        records.push(record);
    }
    records
}
