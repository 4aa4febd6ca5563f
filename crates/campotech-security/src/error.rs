//! What can be wrong with the configuration, said when it is set.

/// A configuration that was refused. The message shows the value, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not an address or a network.
    #[error("`{0}` is not an address or a network such as `10.0.0.0/8`")]
    Network(String),
    /// A network with bits set after its prefix: most likely another one was meant.
    #[error("`{given}` has bits set after its prefix; write `{meant}`")]
    HostBits {
        /// What was given.
        given: String,
        /// The network it lies in.
        meant: String,
    },
    /// Every address of a family would be a trusted proxy, so that any client could name its own address.
    #[error("`{0}` trusts every address; list the proxies only")]
    TrustsEveryone(String),
    /// Not an origin as browsers send it.
    #[error("`{0}` is not an origin such as `https://app.example.com` (scheme, host, port; no path)")]
    Origin(String),
    /// `*`: every site would be allowed.
    #[error("`*` allows every origin; list them, or use `https://*.example.com`")]
    AnyOrigin,
    /// `null`: the origin of sandboxed frames and local files, which anybody can be.
    #[error("the origin `null` is anybody's; list real origins")]
    NullOrigin,
    /// `*` among headers of CORS: every header would be allowed.
    #[error("`*` allows every header; list them")]
    AnyHeader,
    /// A method that no script can send, or every one.
    #[error("`{0}` is not a method that scripts send; list those that are meant")]
    CorsMethod(String),
    /// Credentials without a list of origins.
    #[error("credentials are for listed origins, and there are none")]
    CredentialsForNobody,
    /// Credentials for an origin that anybody on the way can be.
    #[error("`{0}` is not https: whoever is on the way would read with its visitors' credentials")]
    InsecureCredentials(String),
    /// A header that proves nothing about who sends it.
    #[error("`{0}` is a header that any page may have sent to any site")]
    PlainHeader(String),
    /// A secret that is empty.
    #[error("the {0} is empty")]
    EmptySecret(&'static str),
    /// Not a directive of Content-Security-Policy that browsers know.
    #[error("`{0}` is not a directive of Content-Security-Policy such as `img-src`")]
    Directive(String),
    /// A directive that is there already: browsers ignore the second.
    #[error("`{0}` is there already; replace it, or write all its sources at once")]
    DuplicateDirective(&'static str),
    /// What a directive can't hold.
    #[error("`{given}` can't stand in `{directive}`: {why}")]
    Source {
        /// The directive.
        directive: &'static str,
        /// What was given.
        given: String,
        /// Why it can't stand there.
        why: &'static str,
    },
    /// A policy that allows whatever it does not name.
    #[error("a policy needs `default-src`: what it doesn't name is allowed otherwise")]
    MissingDefaultSrc,
    /// A feature that is named already.
    #[error("the feature `{0}` is named already")]
    DuplicateFeature(&'static str),
    /// Not an allow-list of Permissions-Policy.
    #[error("`{0}` is not an allow-list such as `self https://maps.example.com`, `*` or nothing")]
    Allowlist(String),
    /// Not an endpoint for reports.
    #[error("`{0}` is not an endpoint such as `csp` at `/reports` or `https://reports.example.com/csp`")]
    Endpoint(String),
    /// A `Clear-Site-Data` that clears nothing.
    #[error("there is nothing to clear")]
    NothingToClear,
    /// A name or a value that no header may have.
    #[error("`{0}` can't be a header")]
    Header(String),
    /// Not a quota as it is written.
    #[error("`{0}` is not a quota such as `10/15m` (count, `/`, time in s, m, h or d)")]
    Quota(String),
    /// A quota that no limiter can keep.
    #[error("a quota allows 1 or more in a window of whole seconds, from 1 s to 31 days")]
    QuotaRange,
    /// Not a pattern for paths.
    #[error(
        "`{0}` is not a path pattern such as `/api/v1/auth/*` (whole segments; `*` is any one, last: any rest)"
    )]
    PathPattern(String),
    /// Not a tier's name.
    #[error("`{0}` is not a tier name (1 to 32 of `a-z 0-9 _ -`)")]
    TierName(String),
    /// Two tiers with one name, which their metrics and headers could not tell apart.
    #[error("there are two tiers named `{0}`")]
    DuplicateTier(String),
    /// Two tiers without routes: the second would never decide.
    #[error("tier `{0}` has no routes, and neither has the default tier before it")]
    SecondDefaultTier(String),
    /// A second tier that is for other requests than its first, or has a second one itself.
    #[error("tier `{0}` is the second of another: it can't have routes, or a second tier of its own")]
    SecondTier(String),
    /// Plans without anybody who gives them, or more than there can be.
    #[error("the plans of tier `{0}` need `plan_of`, names of their own, and are 200 at most")]
    Plans(String),
    /// A tier that can't be leased from a shared store, or not in such batches.
    #[error(
        "tier `{0}` can't be leased: a batch is 1 to a tenth of the limit, of requests that count whatever their answer"
    )]
    Lease(String),
    /// Not a field of a body.
    #[error("`{0}` is neither a name nor a pointer such as `#/items/*/title`")]
    FieldPattern(String),
    /// A number that is outside its range.
    #[error("{0} must be {1}")]
    Range(&'static str, &'static str),
}

impl ConfigError {
    /// A stable code for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::HostBits { .. } => "host_bits",
            Self::TrustsEveryone(_) => "trusts_everyone",
            Self::Origin(_) => "origin",
            Self::AnyOrigin => "any_origin",
            Self::NullOrigin => "null_origin",
            Self::AnyHeader => "any_header",
            Self::CorsMethod(_) => "cors_method",
            Self::CredentialsForNobody => "credentials_for_nobody",
            Self::InsecureCredentials(_) => "insecure_credentials",
            Self::PlainHeader(_) => "plain_header",
            Self::EmptySecret(_) => "empty_secret",
            Self::Directive(_) => "directive",
            Self::DuplicateDirective(_) => "duplicate_directive",
            Self::Source { .. } => "source",
            Self::MissingDefaultSrc => "missing_default_src",
            Self::DuplicateFeature(_) => "duplicate_feature",
            Self::Allowlist(_) => "allowlist",
            Self::Endpoint(_) => "endpoint",
            Self::NothingToClear => "nothing_to_clear",
            Self::Header(_) => "header",
            Self::Quota(_) => "quota",
            Self::QuotaRange => "quota_range",
            Self::PathPattern(_) => "path_pattern",
            Self::TierName(_) => "tier_name",
            Self::DuplicateTier(_) => "duplicate_tier",
            Self::SecondDefaultTier(_) => "second_default_tier",
            Self::SecondTier(_) => "second_tier",
            Self::Plans(_) => "plans",
            Self::Lease(_) => "lease",
            Self::FieldPattern(_) => "field_pattern",
            Self::Range(..) => "range",
        }
    }
}
