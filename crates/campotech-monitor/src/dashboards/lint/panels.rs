//! Panels: their looks and their places.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::layout::{COLUMNS, Place};
use super::super::load::{list, text};
use super::super::units;
use super::{Lint, is_chosen};

impl Lint<'_> {
    pub(super) fn panels(&mut self) {
        let mut titles = BTreeSet::new();
        for panel in self.all_panels() {
            let title = text(&panel["title"]);
            let kind = text(&panel["type"]);
            if title.is_empty() || text(&panel["description"]).is_empty() {
                self.find(
                    "panel-title-description-rule",
                    Some(title),
                    "a panel has a title and a description",
                );
            }
            if !titles.insert(title) {
                self.find("panel-unique", Some(title), "another panel has this title");
            }
            let targets = list(&panel["targets"]);
            if !is_chosen(&panel["datasource"])
                || !targets.iter().all(|target| is_chosen(&target["datasource"]))
            {
                self.find(
                    "panel-datasource-rule",
                    Some(title),
                    "asks another data source than the chosen one",
                );
            }
            if kind == "alertlist" {
                continue;
            }
            let unit = text(&panel["fieldConfig"]["defaults"]["unit"]);
            if !units::is_known(unit) {
                self.find(
                    "panel-units-rule",
                    Some(title),
                    format!("`{unit}` is no unit of Grafana that we know"),
                );
            }
            if targets.is_empty() {
                self.find("panel-no-targets-rule", Some(title), "asks nothing");
            }
        }
        self.places();
    }

    fn places(&mut self) {
        let mut ids = BTreeSet::new();
        let mut places: Vec<(&str, Place)> = Vec::new();
        for panel in list(&self.json["panels"]) {
            let title = text(&panel["title"]);
            if !panel["id"].as_u64().is_some_and(|id| ids.insert(id)) {
                self.find("panel-unique", Some(title), "has no id, or that of another panel");
            }
            let Some(place) = place(&panel["gridPos"]) else {
                self.find("panel-overlap", Some(title), "has no place on the grid");
                continue;
            };
            if let Some((other, _)) = places.iter().find(|(_, other)| place.overlaps(*other)) {
                self.find("panel-overlap", Some(title), format!("lies on `{other}`"));
            }
            places.push((title, place));
        }
    }
}

fn place(grid: &Value) -> Option<Place> {
    let number = |name: &str| grid[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let place = Place { x: number("x")?, y: number("y")?, w: number("w")?, h: number("h")? };
    (place.w > 0 && place.h > 0 && place.x + place.w <= COLUMNS).then_some(place)
}
