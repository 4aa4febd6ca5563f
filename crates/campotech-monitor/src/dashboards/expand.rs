//! Grafana's variables, filled in.

/// What stands for Grafana's variables in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// `$datasource`.
    pub datasource: String,
    /// `$job`, a regular expression.
    pub job: String,
    /// `$instance`, a regular expression.
    pub instance: String,
    /// `$__rate_interval`, such as `1m`.
    pub rate_interval: String,
    /// `$__interval`, such as `15s`.
    pub interval: String,
    /// `$__range`, such as `1h`.
    pub range: String,
}

impl Default for Variables {
    /// Every job, every instance, and the intervals of a dashboard that shows an hour scraped every 15 seconds.
    fn default() -> Self {
        Self {
            datasource: "prometheus".into(),
            job: ".+".into(),
            instance: ".+".into(),
            rate_interval: "1m".into(),
            interval: "15s".into(),
            range: "1h".into(),
        }
    }
}

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            "datasource" => &self.datasource,
            "job" => &self.job,
            "instance" => &self.instance,
            "__rate_interval" => &self.rate_interval,
            "__interval" => &self.interval,
            "__range" => &self.range,
            _ => return None,
        })
    }
}

/// `text` with `$name`, `${name}` and `${name:format}` replaced; names that nobody knows stay as they are, so that
/// `$1` of a `label_replace` survives and a mistyped variable is no valid PromQL.
#[must_use]
pub fn expand(text: &str, variables: &Variables) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, taken) = name(after);
        match variables.get(name) {
            Some(value) => {
                out.push_str(value);
                rest = &after[taken..];
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The variable that `text` begins with, and how many bytes it takes.
fn name(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        let Some(end) = inner.find('}') else { return ("", 0) };
        let name = inner[..end].split(':').next().unwrap_or_default();
        return (name, end + 2);
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    (&text[..end], end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_filled_in() {
        let variables = Variables { job: "a|b".into(), ..Variables::default() };
        let text = r#"rate(x{job=~"$job",instance=~"${instance:regex}"}[$__rate_interval]) + ${__range} $__interval $datasource"#;
        let want = r#"rate(x{job=~"a|b",instance=~".+"}[1m]) + 1h 15s prometheus"#;
        assert_eq!(expand(text, &variables), want);
    }

    #[test]
    fn what_is_no_variable_stays() {
        for text in ["$1", "$jobs", "${unknown}", "${job", "a$", "$é", ""] {
            assert_eq!(expand(text, &Variables::default()), text);
        }
    }
}
