//! `Clear-Site-Data` (W3C): what the browser forgets when somebody signs out.

use http::{HeaderName, HeaderValue};

use crate::ConfigError;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What a browser keeps of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SiteData {
    /// The HTTP cache, and pages that are kept for going back.
    Cache,
    /// What the server learnt of the browser by `Accept-CH`.
    ClientHints,
    /// Cookies, of the whole registrable domain, subdomains too, and HTTP authentication.
    Cookies,
    /// Pages that were prefetched.
    PrefetchCache,
    /// Pages that were prerendered.
    PrerenderCache,
    /// Local and session storage, databases, service workers.
    Storage,
}

impl SiteData {
    const fn quoted(self) -> &'static str {
        match self {
            Self::Cache => "\"cache\"",
            Self::ClientHints => "\"clientHints\"",
            Self::Cookies => "\"cookies\"",
            Self::PrefetchCache => "\"prefetchCache\"",
            Self::PrerenderCache => "\"prerenderCache\"",
            Self::Storage => "\"storage\"",
        }
    }
}

/// Makes a browser forget. For the answer to a request that signs out, or that deletes an account; obeyed over https only.
///
/// Clearing the cache of a large site may take a browser seconds, in which the page waits.
///
/// ```
/// use campotech_security::headers::ClearSiteData;
///
/// let (name, value) = ClearSiteData::logout().header();
/// let mut response = http::Response::new(());
/// response.headers_mut().insert(name, value);
/// assert_eq!(response.headers()["clear-site-data"], r#""cache", "cookies", "storage""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ClearSiteData(HeaderValue);

impl ClearSiteData {
    /// Forgets these.
    ///
    /// # Errors
    /// [`ConfigError::NothingToClear`] for none: browsers ignore such a header.
    pub fn new(data: impl IntoIterator<Item = SiteData>) -> Result<Self, ConfigError> {
        let mut data: Vec<_> = data.into_iter().collect();
        data.sort_unstable();
        data.dedup();
        let text = data.iter().map(|data| data.quoted()).collect::<Vec<_>>().join(", ");
        let value = HeaderValue::try_from(text).ok().filter(|value| !value.is_empty());
        value.map(Self).ok_or(ConfigError::NothingToClear)
    }

    /// Forgets who was here: cache, cookies, storage.
    pub const fn logout() -> Self {
        Self(HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""))
    }

    /// Forgets all that browsers know how to forget, kinds to come too.
    pub const fn everything() -> Self {
        Self(HeaderValue::from_static("\"*\""))
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        (CLEAR_SITE_DATA, self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_quoted_and_there_once() {
        let said = |data: &[SiteData]| {
            ClearSiteData::new(data.iter().copied())
                .map(|clear| clear.header().1.to_str().unwrap().to_owned())
        };
        assert_eq!(
            said(&[SiteData::Storage, SiteData::Cookies, SiteData::Storage]).unwrap(),
            "\"cookies\", \"storage\""
        );
        let all = [SiteData::Cache, SiteData::Cookies, SiteData::Storage];
        assert_eq!(ClearSiteData::new(all), Ok(ClearSiteData::logout()));
        assert_eq!(said(&[]), Err(ConfigError::NothingToClear));
        assert_eq!(ClearSiteData::everything().header().1, "\"*\"");
    }
}
