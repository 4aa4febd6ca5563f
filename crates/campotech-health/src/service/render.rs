//! An answer before it has headers.

use std::collections::BTreeMap;

use bytes::Bytes;
use campotech_core::ComponentStatus;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::accept::Format;
use super::brief::code;
use super::{draft, html, text};
use crate::state::{ComponentSnapshot, Snapshot};

/// An answer before it has headers.
#[derive(Debug, Clone)]
pub(super) struct Rendered {
    pub(super) code: StatusCode,
    pub(super) format: Format,
    pub(super) bytes: Bytes,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    #[serde(flatten)]
    component: &'a ComponentSnapshot,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    status: &'static str,
    components: BTreeMap<&'a str, &'a ComponentSnapshot>,
}

impl Rendered {
    /// The answer as it goes out. It may not be stored, so that nothing has to be said of what it varies with.
    pub(super) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.bytes);
        *response.status_mut() = self.code;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.format.media_type());
        headers.insert(CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
        response
    }
}

pub(super) fn full(snapshot: &Snapshot, format: Format) -> Rendered {
    let code = code(snapshot.ready);
    let bytes = match format {
        Format::Json => json(snapshot),
        Format::Draft => json(&draft::full(snapshot, code)),
        Format::Text => (text::brief(snapshot.glance()) + &text::components(&snapshot.components)).into(),
        Format::Html => html::full(snapshot).into(),
    };
    Rendered { code, format, bytes }
}

pub(super) fn component(found: &ComponentSnapshot, stalled: bool, format: Format) -> Rendered {
    let code = code(works(found.status) && !stalled);
    let bytes = match format {
        Format::Json => json(&Named { name: &found.name, component: found }),
        Format::Draft => json(&draft::component(found, code)),
        Format::Text => text::components(std::slice::from_ref(found)).into(),
        Format::Html => {
            (html::state(&found.name, found.status) + &html::components(std::slice::from_ref(found))).into()
        }
    };
    Rendered { code, format, bytes }
}

pub(super) fn group(
    name: &str,
    status: ComponentStatus,
    members: &[ComponentSnapshot],
    stalled: bool,
    format: Format,
) -> Rendered {
    let code = code(works(status) && !stalled);
    let bytes = match format {
        Format::Json => {
            let components = members.iter().map(|component| (&*component.name, component)).collect();
            json(&Group { name, status: status.as_str(), components })
        }
        Format::Draft => json(&draft::group(status, members, code)),
        Format::Text => format!("{name} {}\n{}", status.as_str(), text::components(members)).into(),
        Format::Html => (html::state(name, status) + &html::components(members)).into(),
    };
    Rendered { code, format, bytes }
}

pub(super) fn json(body: &impl Serialize) -> Bytes {
    // Strings, numbers and string-keyed maps always serialise.
    Bytes::from(serde_json::to_vec(body).unwrap_or_default())
}

const fn works(status: ComponentStatus) -> bool {
    matches!(status, ComponentStatus::Healthy | ComponentStatus::Degraded)
}
