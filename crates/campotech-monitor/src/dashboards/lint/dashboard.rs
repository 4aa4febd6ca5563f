//! The dashboard as a whole.

use super::super::load::{list, text};
use super::super::promql;
use super::{Lint, is_chosen};

/// The oldest schema that the generator's fields belong to.
const SCHEMA: u64 = 39;

impl Lint<'_> {
    pub(super) fn dashboard(&mut self) {
        let json = self.json;
        if json["editable"] != false {
            self.find("uneditable-dashboard", None, "a change by hand would be lost: `editable` is false");
        }
        let recent = json["schemaVersion"].as_u64().is_some_and(|version| version >= SCHEMA);
        if json["uid"] != self.context.source.uid.as_str() || !recent {
            self.find("dashboard-uid", None, "the uid is the source's, and the schema a recent one");
        }
        let links = list(&json["links"]);
        let has = |part: &str| links.iter().any(|link| text(&link["url"]).contains(part));
        if !has("/docs/runbooks") || !has("/d/campotech-") {
            self.find("dashboard-links", None, "a link leads to the runbooks and one to the other dashboard");
        }
        let annotations = list(&json["annotations"]["list"]);
        for wanted in ["Deploys", "Alerts"] {
            let found = annotations.iter().find(|annotation| annotation["name"] == wanted);
            let right = found.is_some_and(|found| {
                is_chosen(&found["datasource"])
                    && found["enable"] == true
                    && promql::parse(text(&found["target"]["expr"])).is_ok()
            });
            if !right {
                self.find(
                    "dashboard-annotations",
                    None,
                    format!("`{wanted}` is missing, switched off or no PromQL"),
                );
            }
        }
    }
}
