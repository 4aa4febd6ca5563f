//! What options may say.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An image by its digest. A tag may be another image tomorrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image(String);

/// Shares of the new colour, ascending, the last one everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shares(Vec<u8>);

/// A path, and the status that it has to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) status: u16,
}

impl Image {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Image {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` does not name an image by its digest, REPOSITORY@sha256:64 hex digits");
        let (repository, digest) = text.split_once("@sha256:").ok_or_else(wrong)?;
        let hex = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        // A colon after the last slash is a tag; before it, a port.
        let name = repository.rsplit('/').next().unwrap_or_default();
        let plain = !repository.contains(|c: char| c.is_whitespace() || c == '@');
        if hex && plain && !name.is_empty() && !name.contains(':') {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Shares {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Shares {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed: Result<Vec<u8>, _> = text.split(',').map(|share| share.trim().parse()).collect();
        let shares = parsed.map_err(|_| format!("`{text}` is no list of percentages such as 10,50,100"))?;
        let ascending = shares.first().is_some_and(|&first| first > 0) && shares.is_sorted_by(|a, b| a < b);
        if ascending && shares.last() == Some(&100) {
            Ok(Self(shares))
        } else {
            Err(format!("`{text}`: percentages go up, and end with 100"))
        }
    }
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no PATH=STATUS such as /api/v1/jobs=401");
        let (path, status) = text.rsplit_once('=').ok_or_else(wrong)?;
        let status = status.parse().ok().filter(|status| (100..600).contains(status)).ok_or_else(wrong)?;
        if path.starts_with('/') { Ok(Self { path: path.to_owned(), status }) } else { Err(wrong()) }
    }
}

/// `500ms`, `30s`, `5m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time such as 500ms, 30s, 5m or 1h");
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..unit].parse().map_err(|_| wrong())?;
    let millis = match &text[unit..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)
}

/// As [`duration`], and not nothing.
pub(crate) fn some_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err(format!("`{text}` is no time at all")),
        some => Ok(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_its_digest() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for good in ["app", "registry:5000/team/app", "1.dkr.ecr.us-east-1.amazonaws.com/app"] {
            assert!(format!("{good}@{digest}").parse::<Image>().is_ok(), "{good}");
        }
        for bad in ["app", "app:1.0", "app@sha256:0a", "@sha256:0a", "app@sha512:0a"] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
        }
        for bad in ["", "app:1.0", "a b", "team/"] {
            assert!(format!("{bad}@{digest}").parse::<Image>().is_err(), "{bad}");
        }
        assert!(format!("app@sha256:{}", "0A".repeat(32)).parse::<Image>().is_err());
    }

    #[test]
    fn shares_go_up_to_everything() {
        assert_eq!("10, 50,100".parse::<Shares>().unwrap().as_slice(), [10, 50, 100]);
        assert_eq!("100".parse::<Shares>().unwrap().as_slice(), [100]);
        for bad in ["", "10", "50,10,100", "0,100", "10,10,100", "10,101", "10,x,100", "100,100"] {
            assert!(bad.parse::<Shares>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for bad in ["", "5", "m", "5d", "-5s", "1.5s", "99999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(some_duration("0s").is_err());
    }

    #[test]
    fn a_route_has_its_status() {
        assert_eq!("/a?b=c=401".parse::<Route>(), Ok(Route { path: "/a?b=c".to_owned(), status: 401 }));
        for bad in ["/a", "a=200", "/a=", "/a=99", "/a=600"] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
