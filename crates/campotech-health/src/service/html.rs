//! Answers for people: fragments that a page can take in, without scripts and styles.

use std::fmt::Write;

use campotech_core::ComponentStatus;

use crate::state::{ComponentSnapshot, Glance, Snapshot, millis, rfc3339};

/// `<p class="health healthy">healthy, serving</p>`.
pub(super) fn brief(glance: Glance) -> String {
    let (status, phase) = (glance.status.as_str(), glance.phase.as_str());
    let stalled = if glance.stalled { ", stalled" } else { "" };
    format!("<p class=\"health {status}\">{status}, {phase}{stalled}</p>\n")
}

/// `<p class="health healthy">postgres is healthy</p>`.
pub(super) fn state(name: &str, status: ComponentStatus) -> String {
    let status = status.as_str();
    format!("<p class=\"health {status}\">{name} is {status}</p>\n")
}

/// The service and its components.
pub(super) fn full(snapshot: &Snapshot) -> String {
    let (service, version) = (escaped(&snapshot.service), escaped(&snapshot.version));
    format!("<h1>{service} {version}</h1>\n{}{}", brief(snapshot.glance()), components(&snapshot.components))
}

/// A table of components. Their names, states and reasons are closed sets, in which nothing has to be escaped.
pub(super) fn components(components: &[ComponentSnapshot]) -> String {
    let mut html = String::from(
        "<table class=\"health\">\n<thead><tr><th scope=\"col\">component</th><th scope=\"col\">status</th>\
         <th scope=\"col\">reason</th><th scope=\"col\">latency</th><th scope=\"col\">since</th></tr></thead>\n<tbody>\n",
    );
    for component in components {
        let (name, status) = (&component.name, component.status.as_str());
        let latency = component.latency.map_or_else(String::new, |latency| format!("{} ms", millis(latency)));
        let since = rfc3339(component.since).unwrap_or_default();
        // Writing into a string never fails.
        let _ = writeln!(
            html,
            "<tr class=\"{status}\"><th scope=\"row\">{name}</th><td>{status}</td><td>{}</td><td>{latency}</td>\
             <td><time>{since}</time></td></tr>",
            component.reason,
        );
    }
    html + "</tbody>\n</table>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Health;

    #[test]
    fn what_a_service_calls_itself_is_no_markup() {
        let health = Health::builder("<script>&", "\"1\"").build().unwrap();
        let html = full(&health.snapshot());
        assert!(html.starts_with("<h1>&lt;script&gt;&amp; &quot;1&quot;</h1>\n"), "{html}");
    }
}
