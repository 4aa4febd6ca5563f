//! Configuration -> health: `CAMPOTECH_EXTERNAL_CHECKS` becomes degrading HTTP checks.

use campotech_health::{Check, Component, HttpCheck};

use crate::config::Settings;
use crate::error::PlatformError;

pub(crate) fn components(settings: &Settings) -> Result<Vec<Component>, PlatformError> {
    let check = |external: &crate::config::ExternalCheck| {
        let check = HttpCheck::new(&external.name, &external.url);
        check.map(Check::degrading).map_err(PlatformError::build("external check"))
    };
    settings.external_checks.iter().map(check).collect()
}
