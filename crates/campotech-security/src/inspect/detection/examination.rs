//! One request under examination.

use std::hash::BuildHasher;

use campotech_core::tellable_name;
use http::Uri;

use super::super::detect::{Attack, Makeup, RuleSet, examine_bytes};
use super::super::json::{JsonString, Step, unescape};
use super::evidence::{Evidence, Source};
use super::exemption::FieldPattern;
use super::settings::Detection;
use crate::path_pattern::PathReadings;

/// How much evidence is kept of one request.
const KEPT: usize = 8;

/// What has been found in a request so far. Nothing is allocated before something is found or has to be decoded.
#[derive(Debug)]
pub(in crate::inspect) struct Examination<'a> {
    detection: &'a Detection,
    uri: &'a Uri,
    /// Which exemptions the path has; known from the first finding on.
    exempt: Option<Vec<bool>>,
    rules: RuleSet,
    evidence: Vec<Evidence>,
    copy: Vec<u8>,
    plain: Vec<u8>,
}

impl<'a> Examination<'a> {
    pub(in crate::inspect) const fn new(detection: &'a Detection, uri: &'a Uri) -> Self {
        Self {
            detection,
            uri,
            exempt: None,
            rules: RuleSet::NONE,
            evidence: Vec::new(),
            copy: Vec::new(),
            plain: Vec::new(),
        }
    }

    /// Whether headers are wanted, too.
    pub(in crate::inspect) const fn wants_headers(&self) -> bool {
        self.detection.headers
    }

    /// Looks at the value of a named field.
    pub(in crate::inspect) fn field(&mut self, source: Source, name: &[u8], value: &[u8]) {
        let makeup = Makeup::of(value);
        let rules = self.look(value, makeup);
        if !rules.is_empty() {
            let fits = |field: &FieldPattern| field.fits(std::iter::once(Step::Name(name)));
            self.keep(source, fits, || pointer(name), value, rules);
        }
        let makeup = Makeup::of(name);
        if !makeup.is_plain() {
            let rules = self.look(name, makeup);
            if !rules.is_empty() {
                self.keep(source, |_| false, || "#".to_owned(), name, rules);
            }
        }
    }

    /// Looks at what has no name.
    pub(in crate::inspect) fn unnamed(&mut self, source: Source, value: &[u8]) {
        let rules = self.look(value, Makeup::of(value));
        if !rules.is_empty() {
            self.keep(source, |_| false, || "#".to_owned(), value, rules);
        }
    }

    /// Looks at a string of a JSON body.
    pub(in crate::inspect) fn json(&mut self, string: &JsonString<'_>) {
        if string.is_name && Makeup::is_simple_name(string.raw) {
            return;
        }
        let mut plain = std::mem::take(&mut self.plain);
        let (value, makeup) = if string.escaped {
            plain.clear();
            unescape(string.raw, &mut plain);
            (&*plain, Makeup::of(&plain))
        } else {
            (string.raw, Makeup::of(string.raw))
        };
        let rules =
            if string.is_name && makeup.is_plain() { RuleSet::NONE } else { self.look(value, makeup) };
        if !rules.is_empty() {
            let place = string.place;
            // A name is never exempt: it is not what the field holds.
            let fits = |field: &FieldPattern| !string.is_name && field.fits(place.steps());
            self.keep(Source::Json, fits, || place.pointer(), value, rules);
        }
        self.plain = plain;
    }

    fn look(&mut self, value: &[u8], makeup: Makeup) -> RuleSet {
        if makeup.is_one_word() { RuleSet::NONE } else { examine_bytes(value, makeup, &mut self.copy) }
    }

    fn keep(
        &mut self,
        source: Source,
        fits: impl Fn(&FieldPattern) -> bool,
        field: impl FnOnce() -> String,
        value: &[u8],
        rules: RuleSet,
    ) {
        let Self { detection, uri, exempt, .. } = self;
        let exempt = exempt.get_or_insert_with(|| {
            let readings = PathReadings::new(uri.path());
            let fits = |routes: &_| readings.all(routes);
            let routes = detection.exemptions.iter().map(|exemption| exemption.routes.as_ref());
            routes.map(|routes| routes.is_none_or(fits)).collect()
        });
        let left_out = detection
            .exemptions
            .iter()
            .zip(exempt.iter())
            .any(|(exemption, exempt)| *exempt && fits(&exemption.field));
        if left_out {
            return;
        }
        self.rules.merge(rules);
        if self.evidence.len() < KEPT {
            let hash = self.detection.key.hash_one(value);
            self.evidence.push(Evidence { source, field: field(), rules, hash });
        }
    }

    /// The kind of attack, if the score counts; whoever wants the evidence has been told.
    pub(in crate::inspect) fn concluded(self) -> Option<Attack> {
        let score = self.rules.score();
        if score < self.detection.threshold {
            return None;
        }
        self.detection.sink.found(score, &self.evidence);
        self.rules.attack()
    }
}

fn pointer(name: &[u8]) -> String {
    match std::str::from_utf8(name).ok().filter(|name| tellable_name(name)) {
        Some(name) => format!("#/{name}"),
        None => "#".to_owned(),
    }
}
