//! Security headers on every answer.

mod clear_site_data;
mod cross_origin;
mod csp;
mod disclosing;
mod dress;
mod future;
mod layer;
mod nonce;
mod overrides;
mod permissions;
mod profile;
mod reporting;
mod service;
mod watch;

pub use clear_site_data::{ClearSiteData, SiteData};
pub use cross_origin::{EmbedderPolicy, OpenerPolicy, ReferrerPolicy, ResourcePolicy};
pub use csp::{ContentSecurityPolicy, Directive};
pub use future::SecurityHeadersFuture;
pub use layer::SecurityHeadersLayer;
pub use nonce::CspNonce;
pub use overrides::{HeaderOverride, HeaderOverrideFuture, HeaderOverrideService};
pub use permissions::{Feature, PermissionsPolicy};
pub use profile::HeaderProfile;
pub use reporting::ReportingEndpoint;
pub use service::SecurityHeadersService;
