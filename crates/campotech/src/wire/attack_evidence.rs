//! Detection -> log: which rules fired on which field, never on what.

use campotech_security::inspect::{Evidence, EvidenceSink, Rule};

/// Writes a line for each request whose content looks like an attack; the request's span says which one it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EvidenceLog;

impl EvidenceSink for EvidenceLog {
    fn found(&self, score: u32, evidence: &[Evidence]) {
        tracing::info!(score, evidence = %line(evidence), "a request looks like an attack");
    }
}

/// `json #/title sqli.tautology+sqli.comment 00f1..; query #/q xss.tag 9c2e..`
fn line(evidence: &[Evidence]) -> String {
    let one = |found: &Evidence| {
        let rules: Vec<_> = found.rules.iter().map(Rule::id).collect();
        format!("{} {} {} {:016x}", found.source.as_str(), found.field, rules.join("+"), found.hash)
    };
    evidence.iter().map(one).collect::<Vec<_>>().join("; ")
}
