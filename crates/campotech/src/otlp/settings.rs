//! The standard variables of OpenTelemetry that are honoured.

use std::fmt;

use campotech_core::Sampling;
use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::config::{Env, Variable};

/// Where spans go, under which name, and of which share of the requests.
#[derive(Clone)]
pub(crate) struct TraceSettings {
    /// The full URL; nothing is sent without it.
    pub(super) endpoint: Option<String>,
    /// What the collector wants to see beside, such as a key.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) service_name: Option<String>,
    share: Sampling,
}

static ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: None,
    meaning: "the collector; `/v1/traces` is added; no span is sent without it",
    example: "http://127.0.0.1:4318",
    secret: false,
};
static PROTOCOL: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    default: Some("http/protobuf"),
    meaning: "the only one that is spoken",
    example: "http/protobuf",
    secret: false,
};
static HEADERS: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    default: None,
    meaning: "headers for the collector, as name=value, percent-encoded",
    example: "x-api-key=0123456789abcdef",
    secret: true,
};
static SERVICE_NAME: Variable = Variable {
    name: "OTEL_SERVICE_NAME",
    default: None,
    meaning: "`service.name` of the spans; unset: the program's own",
    example: "campotech-server-staging",
    secret: false,
};
static SAMPLER_ARG: Variable = Variable {
    name: "OTEL_TRACES_SAMPLER_ARG",
    default: Some("1"),
    meaning: "share of new traces that is sampled, 0 to 1; a trusted peer's traces are as it says",
    example: "0.1",
    secret: false,
};

/// The variables of the feature `otlp`, in the order they are read.
pub static OTLP_VARIABLES: &[&Variable] = &[&ENDPOINT, &PROTOCOL, &HEADERS, &SERVICE_NAME, &SAMPLER_ARG];

impl TraceSettings {
    pub(crate) fn read(env: &mut Env) -> Self {
        let endpoint = env.optional(&ENDPOINT, endpoint);
        env.required(&PROTOCOL, |value| match value {
            "http/protobuf" => Ok(()),
            _ => Err("is not http/protobuf".to_owned()),
        });
        Self {
            endpoint,
            headers: env.optional(&HEADERS, headers).unwrap_or_default(),
            service_name: env.optional(&SERVICE_NAME, service_name),
            share: env.required(&SAMPLER_ARG, share),
        }
    }

    /// Which new traces are recorded: none where nothing is sent.
    pub(crate) const fn sampling(&self) -> Sampling {
        if self.endpoint.is_some() { self.share } else { Sampling::never() }
    }
}

// Headers hold keys, and the URL is nobody's business either.
impl fmt::Debug for TraceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSettings").field("share", &self.share).finish_non_exhaustive()
    }
}

fn endpoint(value: &str) -> Result<String, String> {
    let problem = || "is not an http or https URL without user, query and fragment".to_owned();
    let uri: Uri = value.parse().map_err(|_| problem())?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri.authority().is_some_and(|authority| {
        !authority.as_str().contains('@') && !authority.host().is_empty() && authority.as_str().is_ascii()
    });
    if !web || !host || uri.query().is_some() || value.contains('#') {
        return Err(problem());
    }
    Ok(format!("{}/v1/traces", value.trim_end_matches('/')))
}

fn headers(value: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let problem = || "is not a list of name=value".to_owned();
    let pairs = value.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(problem)?;
        let value: Vec<u8> = percent_decode_str(value.trim()).collect();
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| problem())?;
        Ok((name, HeaderValue::from_bytes(&value).map_err(|_| problem())?))
    };
    pairs.map(pair).collect()
}

fn service_name(value: &str) -> Result<String, String> {
    let fine = value.len() <= 255 && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if fine { Ok(value.to_owned()) } else { Err("is not up to 255 visible ASCII characters".to_owned()) }
}

fn share(value: &str) -> Result<Sampling, String> {
    value.parse().ok().and_then(Sampling::share).ok_or_else(|| "is not a share from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<TraceSettings, String> {
        let mut env = Env::of(pairs.iter().copied());
        let settings = TraceSettings::read(&mut env);
        env.finish().map(|()| settings).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_wrong_value_is_one_line_that_does_not_repeat_it() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "hunter2"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://hunter2"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:hunter2@host"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host/?key=hunter2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0A"),
            ("OTEL_SERVICE_NAME", "hunter2\n"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
            ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
        ] {
            let line = read(&[(name, value)]).unwrap_err();
            assert!(line.starts_with(name) && line.lines().count() == 1, "{line}");
            assert!(!line.contains("hunter2"), "{line}");
        }
    }

    #[test]
    fn what_is_right_is_taken() {
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=hunter%202, b = c");
        let settings = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:4318/otlp/"), headers]).unwrap();
        assert_eq!(settings.endpoint.as_deref(), Some("http://[::1]:4318/otlp/v1/traces"));
        let (name, value) = &settings.headers[0];
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-api-key", "hunter 2"));
        assert_eq!(settings.sampling(), Sampling::share(1.0).unwrap());
        assert!(!format!("{settings:?}").contains("hunter"));
    }

    #[test]
    fn without_a_collector_nothing_is_sampled() {
        assert_eq!(read(&[("OTEL_TRACES_SAMPLER_ARG", "1")]).unwrap().sampling(), Sampling::never());
    }
}
