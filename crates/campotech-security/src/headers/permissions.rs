//! `Permissions-Policy` (W3C): which features of the browser a page and its frames may use.

use std::fmt;

use http::HeaderValue;
use url::Url;

use crate::ConfigError;

macro_rules! features {
    ($( $variant:ident = $name:literal ),* $(,)?) => {
        /// A feature that browsers ask a `Permissions-Policy` for. They complain of names that they don't know, so here are those that
        /// Chromium knows without a flag.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $( #[doc = concat!("`", $name, "`.")] $variant, )*
        }

        impl Feature {
            /// All of them.
            pub const ALL: &[Self] = &[$( Self::$variant ),*];

            /// The name, such as `geolocation`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

features! {
    Accelerometer = "accelerometer",
    Autoplay = "autoplay",
    Bluetooth = "bluetooth",
    BrowsingTopics = "browsing-topics",
    Camera = "camera",
    DisplayCapture = "display-capture",
    EncryptedMedia = "encrypted-media",
    Fullscreen = "fullscreen",
    Gamepad = "gamepad",
    Geolocation = "geolocation",
    Gyroscope = "gyroscope",
    Hid = "hid",
    IdentityCredentialsGet = "identity-credentials-get",
    IdleDetection = "idle-detection",
    LocalFonts = "local-fonts",
    Magnetometer = "magnetometer",
    Microphone = "microphone",
    Midi = "midi",
    OtpCredentials = "otp-credentials",
    Payment = "payment",
    PictureInPicture = "picture-in-picture",
    PublickeyCredentialsCreate = "publickey-credentials-create",
    PublickeyCredentialsGet = "publickey-credentials-get",
    ScreenWakeLock = "screen-wake-lock",
    Serial = "serial",
    StorageAccess = "storage-access",
    Usb = "usb",
    WebShare = "web-share",
    WindowManagement = "window-management",
    XrSpatialTracking = "xr-spatial-tracking",
}

/// Which features a page may use, and its frames. What is not named is as browsers have it.
///
/// ```
/// use campotech_security::headers::{Feature, PermissionsPolicy};
///
/// # fn main() -> Result<(), campotech_security::ConfigError> {
/// let policy = PermissionsPolicy::new()
///     .with(Feature::Camera, "")?
///     .with(Feature::Geolocation, "self https://maps.example.com")?;
/// assert_eq!(policy.to_string(), r#"camera=(), geolocation=(self "https://maps.example.com")"#);
/// assert!(policy.with(Feature::Usb, "'self'").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct PermissionsPolicy(Vec<(Feature, String)>);

impl PermissionsPolicy {
    /// A policy that names nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Nobody may use what sees, hears, finds, pays or reaches a device.
    pub fn nobody() -> Self {
        let features = [
            Feature::Accelerometer,
            Feature::Bluetooth,
            Feature::Camera,
            Feature::DisplayCapture,
            Feature::Geolocation,
            Feature::Gyroscope,
            Feature::Hid,
            Feature::Magnetometer,
            Feature::Microphone,
            Feature::Midi,
            Feature::Payment,
            Feature::Serial,
            Feature::Usb,
        ];
        Self(features.map(|feature| (feature, "()".to_owned())).into())
    }

    /// Lets these use a feature, separated by spaces: `self`, origins such as `https://maps.example.com`, `*` (alone) for everybody; nothing
    /// for nobody.
    ///
    /// # Errors
    /// [`ConfigError::DuplicateFeature`] where it is named already, [`ConfigError::Allowlist`] where it is written otherwise; quotes are
    /// those of another header.
    pub fn with(mut self, feature: Feature, who: &str) -> Result<Self, ConfigError> {
        if self.0.iter().any(|(known, _)| *known == feature) {
            return Err(ConfigError::DuplicateFeature(feature.name()));
        }
        let allowed = allowlist(who).ok_or_else(|| ConfigError::Allowlist(who.to_owned()))?;
        self.0.push((feature, allowed));
        Ok(self)
    }

    /// Leaves a feature to the browser again.
    pub fn without(mut self, feature: Feature) -> Self {
        self.0.retain(|(known, _)| *known != feature);
        self
    }

    /// None for a policy that names nothing, which is no value of a header.
    pub(super) fn value(&self) -> Option<HeaderValue> {
        // Names and origins are visible ASCII.
        (!self.0.is_empty()).then(|| HeaderValue::try_from(self.to_string()).ok()).flatten()
    }
}

/// As a dictionary of structured fields (RFC 9651).
impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (feature, allowed)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}={allowed}", feature.name())?;
        }
        Ok(())
    }
}

fn allowlist(who: &str) -> Option<String> {
    if who == "*" {
        return Some("*".to_owned());
    }
    let mut members = Vec::new();
    for word in who.split_ascii_whitespace() {
        let member = if word == "self" {
            word.to_owned()
        } else if is_origin(word) {
            format!("\"{word}\"")
        } else {
            return None;
        };
        if members.contains(&member) {
            return None;
        }
        members.push(member);
    }
    Some(format!("({})", members.join(" ")))
}

/// Whether it is an origin as browsers write it.
fn is_origin(word: &str) -> bool {
    let same = |url: &Url| url.origin().ascii_serialization() == word;
    Url::parse(word).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && same(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_lists_are_written_as_structured_fields() {
        for (who, written) in [
            ("", "usb=()"),
            ("self", "usb=(self)"),
            ("*", "usb=*"),
            (" self  https://a.example:8443 ", "usb=(self \"https://a.example:8443\")"),
        ] {
            assert_eq!(PermissionsPolicy::new().with(Feature::Usb, who).unwrap().to_string(), written);
        }
        for who in [
            "'self'",
            "none",
            "* self",
            "https://a.example/",
            "self self",
            "\"https://a.example\"",
            "a.example",
            "()",
        ] {
            let refused = PermissionsPolicy::new().with(Feature::Usb, who);
            assert_eq!(refused, Err(ConfigError::Allowlist(who.to_owned())));
        }
    }

    #[test]
    fn a_feature_is_named_once() {
        let twice = PermissionsPolicy::nobody().with(Feature::Camera, "self");
        assert_eq!(twice, Err(ConfigError::DuplicateFeature("camera")));
        let policy =
            PermissionsPolicy::nobody().without(Feature::Camera).with(Feature::Camera, "self").unwrap();
        assert!(policy.value().unwrap().to_str().unwrap().ends_with(", usb=(), camera=(self)"));
        assert_eq!(PermissionsPolicy::new().value(), None);
    }

    #[test]
    fn names_are_of_structured_fields_and_differ() {
        let names: std::collections::BTreeSet<_> =
            Feature::ALL.iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
