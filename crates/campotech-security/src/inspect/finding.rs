//! What the gate finds, as closed codes.

use std::borrow::Cow;

use campotech_core::{Fault, FaultLocation, Language, Localized, Problem, kinds};
use http::HeaderMap;
use serde_json::{Map, json};

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Finding {
    UriLength,
    PathPercent,
    PathPercentU,
    PathUtf8,
    PathControl,
    PathTraversal,
    PathDoubleEncoding,
    PathSeparator,
    QueryPercent,
    QueryPercentU,
    QueryUtf8,
    QueryControl,
    QueryTraversal,
    QueryDuplicate,
    HeaderControl,
    HeaderDuplicate(&'static str),
    HeaderHost,
    HeaderFraming,
    JsonUtf8,
    JsonBom,
    JsonSyntax,
    JsonTrailing,
    JsonSurrogate,
    JsonDepth,
    JsonNodes,
    JsonKeyLength,
    JsonStringLength,
    JsonDuplicate,
}

/// A finding, with what `errors` says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) finding: Finding,
    pub(super) pointer: Option<String>,
    pub(super) max: Option<usize>,
}

impl Finding {
    /// The stable code.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::UriLength => "uri.length",
            Self::PathPercent => "path.percent",
            Self::PathPercentU => "path.percent_u",
            Self::PathUtf8 => "path.utf8",
            Self::PathControl => "path.control",
            Self::PathTraversal => "path.traversal",
            Self::PathDoubleEncoding => "path.double_encoding",
            Self::PathSeparator => "path.separator",
            Self::QueryPercent => "query.percent",
            Self::QueryPercentU => "query.percent_u",
            Self::QueryUtf8 => "query.utf8",
            Self::QueryControl => "query.control",
            Self::QueryTraversal => "query.traversal",
            Self::QueryDuplicate => "query.duplicate",
            Self::HeaderControl => "header.control",
            Self::HeaderDuplicate(_) => "header.duplicate",
            Self::HeaderHost => "header.host",
            Self::HeaderFraming => "header.framing",
            Self::JsonUtf8 => "json.utf8",
            Self::JsonBom => "json.bom",
            Self::JsonSyntax => "json.syntax",
            Self::JsonTrailing => "json.trailing",
            Self::JsonSurrogate => "json.surrogate",
            Self::JsonDepth => "json.depth",
            Self::JsonNodes => "json.nodes",
            Self::JsonKeyLength => "json.key_length",
            Self::JsonStringLength => "json.string_length",
            // The code that validation has for it, too.
            Self::JsonDuplicate => "duplicate",
        }
    }

    const fn detail(self) -> Localized {
        match self {
            Self::UriLength => kinds::URI_TOO_LONG.detail,
            Self::PathPercent | Self::PathPercentU | Self::PathDoubleEncoding => text(
                "The path is not percent-encoded as RFC 3986 has it.",
                "La ruta no está codificada como indica RFC 3986.",
            ),
            Self::QueryPercent | Self::QueryPercentU => text(
                "The query is not percent-encoded as RFC 3986 has it.",
                "La consulta no está codificada como indica RFC 3986.",
            ),
            Self::PathUtf8 => text("The path is not UTF-8.", "La ruta no está en UTF-8."),
            Self::QueryUtf8 => text("The query is not UTF-8.", "La consulta no está en UTF-8."),
            Self::PathControl => {
                text("The path holds control characters.", "La ruta contiene caracteres de control.")
            }
            Self::QueryControl => {
                text("The query holds control characters.", "La consulta contiene caracteres de control.")
            }
            Self::PathTraversal => {
                text("The path holds dot segments.", "La ruta contiene segmentos de puntos.")
            }
            Self::QueryTraversal => {
                text("The query holds dot segments.", "La consulta contiene segmentos de puntos.")
            }
            Self::PathSeparator => text(
                "The path holds encoded separators or dots, or a backslash.",
                "La ruta contiene separadores o puntos codificados, o una barra invertida.",
            ),
            Self::QueryDuplicate => text("A parameter is there twice.", "Un parámetro está repetido."),
            Self::HeaderControl => {
                text("A header holds control characters.", "Un encabezado contiene caracteres de control.")
            }
            Self::HeaderDuplicate(_) => text("The header is there twice.", "El encabezado está repetido."),
            Self::HeaderHost => text("The Host header is missing.", "Falta el encabezado Host."),
            Self::HeaderFraming => text(
                "Content-Length and Transfer-Encoding don't go together.",
                "Content-Length y Transfer-Encoding no van juntos.",
            ),
            Self::JsonUtf8 => text("The body is not UTF-8.", "El cuerpo no está en UTF-8."),
            Self::JsonBom => {
                text("The body begins with a byte order mark.", "El cuerpo comienza con una marca BOM.")
            }
            Self::JsonSyntax => text("The body is not JSON.", "El cuerpo no es JSON."),
            Self::JsonTrailing => text("Something follows the JSON.", "Hay algo después del JSON."),
            Self::JsonSurrogate => text("Half a surrogate pair.", "Medio par sustituto."),
            Self::JsonDepth => text("Nested too deep.", "Demasiados niveles de anidamiento."),
            Self::JsonNodes => text("Too many values.", "Demasiados valores."),
            Self::JsonKeyLength => text("The name is too long.", "El nombre es demasiado largo."),
            Self::JsonStringLength => text("The text is too long.", "El texto es demasiado largo."),
            Self::JsonDuplicate => text("The member is there twice.", "El miembro está repetido."),
        }
    }
}

const fn text(en: &'static str, es: &'static str) -> Localized {
    Localized { en, es, es_ar: es }
}

impl Report {
    /// The refusal, in the language that `headers` ask for.
    pub(super) fn problem(self, headers: &HeaderMap) -> Problem {
        let finding = self.finding;
        let kind = if finding == Finding::UriLength { &kinds::URI_TOO_LONG } else { &kinds::BAD_REQUEST };
        let problem =
            Problem::new(kind).with_detail(finding.detail()).with_member("reason", json!(finding.as_str()));
        let location = match (finding, self.pointer) {
            (Finding::HeaderDuplicate(name), _) => FaultLocation::Header(Cow::Borrowed(name)),
            (Finding::HeaderHost, _) => FaultLocation::Header(Cow::Borrowed("host")),
            (_, Some(pointer)) => FaultLocation::Pointer(pointer),
            _ => return problem,
        };
        let params: Map<_, _> = self.max.map(|max| ("max".to_owned(), json!(max))).into_iter().collect();
        let detail = finding.detail().get(Language::negotiate(headers)).into();
        problem.with_faults(vec![Fault { location, code: finding.as_str().into(), params, detail }], false)
    }
}

impl From<Finding> for Report {
    fn from(finding: Finding) -> Self {
        Self { finding, pointer: None, max: None }
    }
}
