//! What the gate finds, as closed codes.

use std::borrow::Cow;

use campotech_core::{Fault, FaultLocation, Language, Problem, kinds};
use http::HeaderMap;
use serde_json::{Map, json};

use super::detect::Attack;

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
    JsonArrayLength,
    JsonNumberLength,
    JsonPrototype,
    FormPercent,
    FormPercentU,
    FormUtf8,
    FormControl,
    FormFields,
    FormNameLength,
    FormValueLength,
    FormDuplicate,
    MultipartBoundary,
    MultipartSyntax,
    MultipartParts,
    MultipartHeader,
    MultipartName,
    MultipartFilename,
    MultipartText,
    MultipartUtf8,
    MultipartControl,
    MultipartEncoding,
    MultipartNested,
    BodyType,
    Attack(Attack),
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
            Self::JsonArrayLength => "json.array_length",
            Self::JsonNumberLength => "json.number_length",
            Self::JsonPrototype => "json.prototype",
            Self::FormPercent => "form.percent",
            Self::FormPercentU => "form.percent_u",
            Self::FormUtf8 => "form.utf8",
            Self::FormControl => "form.control",
            Self::FormFields => "form.fields",
            Self::FormNameLength => "form.name_length",
            Self::FormValueLength => "form.value_length",
            Self::FormDuplicate => "form.duplicate",
            Self::MultipartBoundary => "multipart.boundary",
            Self::MultipartSyntax => "multipart.syntax",
            Self::MultipartParts => "multipart.parts",
            Self::MultipartHeader => "multipart.header",
            Self::MultipartName => "multipart.name",
            Self::MultipartFilename => "multipart.filename",
            Self::MultipartText => "multipart.text_length",
            Self::MultipartUtf8 => "multipart.utf8",
            Self::MultipartControl => "multipart.control",
            Self::MultipartEncoding => "multipart.encoding",
            Self::MultipartNested => "multipart.nested",
            Self::BodyType => "body.type",
            Self::Attack(attack) => attack.reason(),
        }
    }
}

impl Report {
    /// The refusal, in the language that `headers` ask for.
    pub(super) fn problem(self, headers: &HeaderMap) -> Problem {
        let finding = self.finding;
        let kind = match finding {
            Finding::UriLength => &kinds::URI_TOO_LONG,
            Finding::BodyType => &kinds::UNSUPPORTED_MEDIA_TYPE,
            _ => &kinds::BAD_REQUEST,
        };
        let problem =
            Problem::new(kind).with_detail(finding.detail()).with_member("reason", json!(finding.as_str()));
        let location = match (finding, self.pointer) {
            (Finding::HeaderDuplicate(name), _) => FaultLocation::Header(Cow::Borrowed(name)),
            (Finding::HeaderHost, _) => FaultLocation::Header(Cow::Borrowed("host")),
            (Finding::BodyType, _) => FaultLocation::Header(Cow::Borrowed("content-type")),
            (_, Some(pointer)) => FaultLocation::Pointer(pointer),
            // A limit has to be told even where nothing else can be.
            _ if self.max.is_some() => FaultLocation::Pointer("#".to_owned()),
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
