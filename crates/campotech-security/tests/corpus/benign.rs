//! Work orders from templates: the same texts on every run.

use std::collections::{BTreeMap, BTreeSet};

/// How often each template is filled.
const VARIANTS: usize = 18;

/// The texts, each once.
pub(crate) fn texts() -> Vec<String> {
    let mut slots: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut templates = Vec::new();
    for line in include_str!("benign.txt").lines().skip_while(|line| !line.starts_with('@')) {
        match line.strip_prefix('@').and_then(|slot| slot.split_once(" = ")) {
            Some((name, words)) => drop(slots.insert(name, words.split(" ¦ ").collect())),
            None => templates.push(line),
        }
    }
    let mut texts = BTreeSet::new();
    for (at, template) in templates.iter().enumerate() {
        for variant in 0..VARIANTS {
            texts.insert(filled(template, &slots, at * 31 + variant));
        }
    }
    texts.into_iter().collect()
}

fn filled(template: &str, slots: &BTreeMap<&str, Vec<&str>>, seed: usize) -> String {
    let mut text = String::new();
    let mut rest = template;
    let mut turn = seed;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        let slot = after.split_once('}').and_then(|(name, after)| Some((slots.get(name)?, after)));
        match slot {
            Some((words, after)) => {
                // Another step for each place, so that places don't move in step.
                turn = turn.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                text += words[(turn >> 16) % words.len()];
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}
