//! Where browsers send what they have to report about a page (W3C Reporting API, W3C CSP Level 3 section 5).

mod future;
mod read;
mod refusal;
mod service;
mod sink;

pub use future::ReportFuture;
pub use sink::ReportSink;
