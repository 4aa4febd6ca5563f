//! Answers that name no component: all that there can be are made once.

use std::sync::LazyLock;

use bytes::Bytes;
use campotech_core::ComponentStatus::{self, Degraded, Healthy, Unhealthy, Unknown};
use http::StatusCode;
use serde::Serialize;

use super::accept::Format;
use super::render::{Rendered, json};
use super::{draft, html, text};
use crate::state::{Glance, Phase};

const STATUSES: [ComponentStatus; 4] = [Unknown, Unhealthy, Degraded, Healthy];

/// Every answer of `/live` and `/ready`, by format, code, stall, phase, status. They are the same for every service, and never freed: to
/// hand out what is static counts nobody.
static ALL: LazyLock<Vec<Bytes>> =
    LazyLock::new(|| every().map(|body| Bytes::from_static(body.leak())).collect());

#[derive(Serialize)]
struct Brief {
    status: &'static str,
    phase: Phase,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stalled: bool,
}

pub(super) fn brief(glance: Glance, fine: bool, format: Format) -> Rendered {
    let index =
        ((format as usize * 2 + usize::from(!fine)) * 2 + usize::from(glance.stalled)) * Phase::ALL.len();
    let index = (index + glance.phase as usize) * STATUSES.len() + glance.status as usize;
    Rendered { code: code(fine), format, bytes: ALL[index].clone() }
}

fn every() -> impl Iterator<Item = Vec<u8>> {
    let codes = [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE];
    let formats = Format::ALL.into_iter().flat_map(move |format| codes.map(|code| (format, code)));
    let stalls = formats.flat_map(|(format, code)| [false, true].map(|stalled| (format, code, stalled)));
    stalls.flat_map(|(format, code, stalled)| {
        let phases = Phase::ALL.into_iter().flat_map(|phase| STATUSES.map(|status| (phase, status)));
        phases.map(move |(phase, status)| render(Glance { status, phase, stalled }, code, format).to_vec())
    })
}

pub(super) const fn code(fine: bool) -> StatusCode {
    if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn render(glance: Glance, code: StatusCode, format: Format) -> Bytes {
    let Glance { status, phase, stalled } = glance;
    match format {
        Format::Json => json(&Brief { status: status.as_str(), phase, stalled }),
        Format::Draft => json(&draft::brief(status, phase, code)),
        Format::Text => text::brief(glance).into(),
        Format::Html => html::brief(glance).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_place() {
        for format in Format::ALL {
            for fine in [true, false] {
                for stalled in [false, true] {
                    for phase in Phase::ALL {
                        for status in STATUSES {
                            let glance = Glance { status, phase, stalled };
                            let found = brief(glance, fine, format);
                            assert_eq!(found.bytes, render(glance, code(fine), format), "{glance:?}");
                            assert_eq!((found.code, found.format), (code(fine), format));
                        }
                    }
                }
            }
        }
    }
}
