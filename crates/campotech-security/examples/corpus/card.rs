//! The page: what was measured, and the rules.

use campotech_security::inspect::Rule;

use crate::table::Table;

const OWN: &str = "## Cases of our own";
const CORPUS: &str = "## HttpParamsDataset";
const RULES: &str = "## Rules";

/// What the page shows.
pub(crate) struct Card<'a> {
    pub(crate) own: &'a Table,
    pub(crate) corpus: Option<&'a Table>,
}

impl Card<'_> {
    /// The whole page; none without the corpus.
    pub(crate) fn page(&self) -> Option<String> {
        Some(format!(
            "{HEAD}\n{OWN}\n\n{}\n{}\n{CORPUS}\n\n{}\n{}\n{RULES}\n\n{}",
            OWN_NOTE,
            self.own.rows(),
            CORPUS_NOTE,
            self.corpus?.rows(),
            rules()
        ))
    }

    /// Which part of `page` is not what was measured.
    pub(crate) fn differs(&self, page: &str) -> Option<&'static str> {
        let part = |title: &str| {
            let rest = page.split_once(title).map_or("", |(_, rest)| rest);
            rest.split_once("\n## ").map_or(rest, |(part, _)| part).to_owned()
        };
        if !part(OWN).contains(&self.own.rows()) {
            return Some("cases of our own");
        }
        let corpus = part(CORPUS);
        let other = |table: &&Table| !corpus.contains(&table.rows());
        match self.corpus.filter(other) {
            Some(table) if table.is_of_another(&corpus) => {
                println!("another corpus than the page's: its numbers are not compared");
            }
            Some(_) => return Some("the corpus"),
            None => {}
        }
        (!part(RULES).contains(&rules())).then_some("the rules")
    }
}

const HEAD: &str = "\
# What detection finds, and what it takes for an attack

Printed by `cargo xtask corpus`, which fails where a bar is missed or this page says something else. A value counts as found where its score is 5 or
more: the default from which `block` refuses. Each value is one field, as it arrives after the decoding that its place asks for; nothing else of a
request is looked at. Bars: of SQL injection 97 %, of cross-site scripting 92 %, of benign values at most 0.02 % (of our own: none).

The numbers say what these cases say, no more: an attacker who reads the rules writes what they don't find. The defences are still parameters in SQL
and escaping where text is written out.
";

const OWN_NOTE: &str = "\
Attacks by hand ([attacks.tsv](../../crates/campotech-security/tests/corpus/attacks.tsv)), and work orders as they are written in Argentina
([benign.txt](../../crates/campotech-security/tests/corpus/benign.txt)): with `'`, `--`, `<`, `&`, `;`, prices, inches, `OR` for an order of repair.
";

const CORPUS_NOTE: &str = "\
Half of [Morzeux/HttpParamsDataset](https://github.com/Morzeux/HttpParamsDataset) (MIT), whose benign values are Spanish form data. Rules were tuned on
a half of this half and checked on the other. Many of its traversal values have lost their separators, or are a long path and no more.
";

/// The rules' table.
fn rules() -> String {
    let mut rows = "| rule | score | finds |\n|---|---|---|\n".to_owned();
    for rule in Rule::ALL {
        rows += &format!("| `{}` | {} | {} |\n", rule.id(), rule.score(), rule.meaning());
    }
    rows
}
