//! The methods that are labels.

use http::Method;

/// A registered method; anything else is a client's own invention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Connect,
    Trace,
    Other,
}

impl KnownMethod {
    pub(super) const ALL: [Self; 10] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Connect,
        Self::Trace,
        Self::Other,
    ];

    pub(super) const COUNT: usize = Self::ALL.len();

    pub(super) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::OPTIONS => Self::Options,
            Method::CONNECT => Self::Connect,
            Method::TRACE => Self::Trace,
            _ => Self::Other,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Connect => "CONNECT",
            Self::Trace => "TRACE",
            Self::Other => "_OTHER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_at_its_own_place() {
        assert!(KnownMethod::ALL.iter().enumerate().all(|(at, method)| *method as usize == at));
    }

    #[test]
    fn a_registered_method_is_its_own_label_and_no_other_is() {
        for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"] {
            assert_eq!(KnownMethod::of(&name.parse().unwrap()).as_str(), name);
        }
        for name in ["get", "PROPFIND", "A-METHOD-OF-MORE-THAN-FIFTEEN-BYTES"] {
            assert_eq!(KnownMethod::of(&name.parse().unwrap()).as_str(), "_OTHER");
        }
    }
}
