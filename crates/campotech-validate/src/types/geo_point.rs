//! Places on the map.

use std::fmt;
use std::str::FromStr;

use crate::input::{Fields, Input, Object};
use crate::json::Node;
use crate::report::{Place, Violation, codes};
use crate::schema::{Definitions, Members, Schema};

/// A degree, in the unit that coordinates are kept in: ten-millionths, a centimetre at the equator.
const DEGREE: i32 = 10_000_000;
const DECIMALS: usize = 7;

/// How many ten-millionths the last of so many decimals counts.
const UNITS: [i64; DECIMALS + 1] = [10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// A place by WGS 84, `{"lat": -34.6037, "lon": -58.3816}`: degrees of at most seven decimals, kept exactly.
///
/// Refused: the point 0, 0, which is where programs put what they don't know (`geo.zero`), and what is in Argentina only
/// with latitude and longitude exchanged (`geo.swapped`). As text: `-34.6037,-58.3816`. Zeros behind the seventh decimal are
/// taken; exponents (`1e-7`) in JSON only, whose writers choose them on their own.
///
/// ```
/// use campotech_validate::{GeoPoint, Limits, input, validate_json};
///
/// input! {
///     #[derive(Debug)]
///     struct Visit { place: GeoPoint }
/// }
///
/// let visit = validate_json::<Visit>(br#"{"place": {"lat": -34.6037, "lon": -58.3816}}"#, &Limits::new())?;
/// assert_eq!(visit.place.to_string(), "-34.6037,-58.3816");
/// let swapped = validate_json::<Visit>(br#"{"place": {"lat": -58.3816, "lon": -34.6037}}"#, &Limits::new());
/// assert_eq!(swapped.unwrap_err().issues()[0].code(), "geo.swapped");
/// # Ok::<(), campotech_validate::Rejection>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeoPoint {
    lat: i32,
    lon: i32,
}

/// Degrees up to `MAX` in either direction, in ten-millionths.
struct Degrees<const MAX: i32>(i32);

crate::input! {
    struct PointFields {
        lat: Degrees<90>,
        lon: Degrees<180>,
    }
}

impl GeoPoint {
    /// The latitude, in degrees north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.lat) / f64::from(DEGREE)
    }

    /// The longitude, in degrees east.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.lon) / f64::from(DEGREE)
    }

    fn new(Degrees(lat): Degrees<90>, Degrees(lon): Degrees<180>) -> Result<Self, Violation> {
        if (lat, lon) == (0, 0) {
            return Err(Violation::new(&codes::GEO_ZERO));
        }
        if !is_about_argentina(lat, lon) && !is_about_islands(lat, lon) && is_about_argentina(lon, lat) {
            return Err(Violation::new(&codes::GEO_SWAPPED));
        }
        Ok(Self { lat, lon })
    }
}

/// The mainland and Tierra del Fuego, with a little around them.
fn is_about_argentina(lat: i32, lon: i32) -> bool {
    (-552_000_000..=-217_000_000).contains(&lat) && (-736_000_000..=-536_000_000).contains(&lon)
}

/// The South Orkneys (Base Orcadas) and South Georgia, which would lie in the sea off the mainland if they were exchanged.
fn is_about_islands(lat: i32, lon: i32) -> bool {
    let orkneys = (-615_000_000..=-600_000_000, -470_000_000..=-440_000_000);
    let georgia = (-552_000_000..=-536_000_000, -386_000_000..=-354_000_000);
    [orkneys, georgia].iter().any(|(lats, lons)| lats.contains(&lat) && lons.contains(&lon))
}

impl<const MAX: i32> Degrees<MAX> {
    /// Digits with a sign and a fraction, if any; no exponent.
    fn parse(text: &str) -> Result<Self, Violation> {
        Self::times_ten_to(text, 0)
    }

    /// A number of JSON.
    fn number(text: &str) -> Result<Self, Violation> {
        if let Some(degrees) = Self::plain(text.as_bytes()) {
            return Ok(degrees);
        }
        let Some((text, exponent)) = text.split_once(['e', 'E']) else { return Self::parse(text) };
        // What has more digits than an exponent's i32 is beyond any other number of the text, or below.
        let beyond = if exponent.starts_with('-') { -i32::MAX } else { i32::MAX };
        Self::times_ten_to(text, exponent.parse().unwrap_or(beyond))
    }

    /// One without a fault that is written as most are, a point between at most three digits and seven; None where there is
    /// more to look at.
    fn plain(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let (mut units, mut point) = (0_i64, None);
        if digits.len() > 3 + 1 + DECIMALS || !matches!(digits, [b'0', b'.', ..] | [b'1'..=b'9', ..]) {
            return None;
        }
        for (at, digit) in digits.iter().enumerate() {
            match digit {
                b'0'..=b'9' => units = units * 10 + i64::from(digit - b'0'),
                b'.' if point.is_none() => point = Some(at),
                _ => return None,
            }
        }
        let decimals = digits.len() - 1 - point?;
        let units = units * UNITS.get(decimals)?;
        let fine = decimals > 0 && units <= i64::from(MAX) * i64::from(DEGREE);
        let units = i32::try_from(if negative { -units } else { units }).ok()?;
        fine.then_some(Self(units))
    }

    fn times_ten_to(text: &str, exponent: i32) -> Result<Self, Violation> {
        let expected = || Violation::new(&codes::TYPE).with("expected", "number");
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let parts = [whole, fraction];
        if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()))
            || (whole.len() > 1 && whole.starts_with('0'))
        {
            return Err(expected());
        }
        let digits = || whole.bytes().chain(fraction.bytes());
        let zeros = digits().rev().take_while(|digit| *digit == b'0').count();
        let significant = whole.len() + fraction.len() - zeros;
        if significant == 0 {
            return Ok(Self(0));
        }
        // How many zeros make ten-millionths of the digits that say something.
        let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4);
        let missing = i64::from(exponent) + places(DECIMALS + zeros) - places(fraction.len());
        let Ok(missing) = u32::try_from(missing) else {
            return Err(Violation::new(&codes::NUMBER_SCALE).with("max", DECIMALS));
        };
        let units = digits()
            .take(significant)
            .fold(0_i64, |units, digit| units.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
        let units = units.saturating_mul(10_i64.saturating_pow(missing));
        let most = MAX * DEGREE;
        match i32::try_from(if negative { -units } else { units }) {
            Ok(units) if (-most..=most).contains(&units) => Ok(Self(units)),
            _ if negative => Err(Violation::new(&codes::RANGE_MIN).with("min", -MAX)),
            _ => Err(Violation::new(&codes::RANGE_MAX).with("max", MAX)),
        }
    }

    /// The degrees that a number of seven decimals at most was made from.
    fn exact(degrees: f64) -> Result<Self, Violation> {
        let nearest = Self::parse(&format!("{degrees:.DECIMALS$}"))?;
        if f64::from(nearest.0) / f64::from(DEGREE) == degrees {
            Ok(nearest)
        } else {
            Err(Violation::new(&codes::NUMBER_SCALE).with("max", DECIMALS))
        }
    }
}

impl<const MAX: i32> Input for Degrees<MAX> {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let read = match &node {
            Node::Number(text) => Self::number(text),
            Node::Parameter(text) => Self::parse(text),
            _ => Err(Violation::new(&codes::TYPE).with("expected", "number")),
        };
        read.map_err(|violation| place.report(violation)).ok()
    }

    fn schema(_: &mut Definitions) -> Schema {
        Schema::of_type("number").with("minimum", -MAX).with("maximum", MAX)
    }
}

impl Fields for GeoPoint {
    fn read_fields(object: &mut Object<'_, '_>) -> Option<Self> {
        let PointFields { lat, lon } = PointFields::read_fields(object)?;
        Self::new(lat, lon).map_err(|violation| object.place().report(violation)).ok()
    }

    fn describe(definitions: &mut Definitions, members: &mut Members) {
        PointFields::describe(definitions, members);
    }
}

impl Input for GeoPoint {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        crate::__private::read_object(node, place)
    }

    fn schema(definitions: &mut Definitions) -> Schema {
        crate::__private::schema_of::<Self>(definitions, "GeoPoint", &[])
    }
}

impl FromStr for GeoPoint {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let (lat, lon) =
            text.split_once(',').ok_or_else(|| Violation::new(&codes::TYPE).with("expected", "lat,lon"))?;
        Self::new(Degrees::parse(lat)?, Degrees::parse(lon)?)
    }
}

/// As [`GeoPoint`] has them on the wire.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    lat: f64,
    lon: f64,
}

impl serde::Serialize for GeoPoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { lat: self.latitude(), lon: self.longitude() }.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for GeoPoint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { lat, lon } = Wire::deserialize(deserializer)?;
        let point = Degrees::exact(lat).and_then(|lat| Self::new(lat, Degrees::exact(lon)?));
        point.map_err(|violation| serde::de::Error::custom(violation.code().name))
    }
}

impl fmt::Display for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.latitude(), self.longitude())
    }
}

/// Rounded to ten kilometres or so, so that it may stand in a log: `GeoPoint(-34.6, -58.4)`.
impl fmt::Debug for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeoPoint({:.1}, {:.1})", self.latitude(), self.longitude())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, validate_json, validate_query};

    #[test]
    fn vectors() {
        let obelisk: GeoPoint = "-34.6037,-58.3816".parse().unwrap();
        assert_eq!(format!("{obelisk} {obelisk:?}"), "-34.6037,-58.3816 GeoPoint(-34.6, -58.4)");
        for fine in ["90,180", "-90,-180", "0,1", "-0.0000001,0", "-34.6037123,-58.3816999", "-54,-54.5"] {
            assert_eq!(fine.parse::<GeoPoint>().unwrap().to_string(), fine);
        }
        for (text, expected) in [
            ("0,0", "geo.zero"),
            ("-0.0,0.00", "geo.zero"),
            ("-58.3816,-34.6037", "geo.swapped"),
            ("91,0", "range.max"),
            ("-90.0000001,0", "range.min"),
            ("0,180.0000001", "range.max"),
            ("0,99999999999999999999", "range.max"),
            ("1.12345678,0", "number.scale"),
            ("1.123456780,0", "number.scale"),
            ("NaN,0", "type"),
            ("1e1,0", "type"),
            ("+1,0", "type"),
            ("01,0", "type"),
            ("1.,0", "type"),
            ("1, 2", "type"),
            ("1", "type"),
            ("", "type"),
        ] {
            assert_eq!(text.parse::<GeoPoint>().unwrap_err().code().name, expected, "{text}");
        }
    }

    #[test]
    fn faults_stand_where_they_are() {
        let faults = |body: &str| {
            let rejection = validate_json::<GeoPoint>(body.as_bytes(), &Limits::new()).unwrap_err();
            rejection
                .issues()
                .iter()
                .map(|issue| format!("{:?} {}", issue.location(), issue.code()))
                .collect::<Vec<_>>()
        };
        assert_eq!(faults(r#"{"lat": 91, "lon": "x"}"#).len(), 2);
        assert_eq!(faults(r#"{"lat": -58.3816, "lon": -34.6037}"#).len(), 1);
        assert_eq!(faults(r#"{"lat": "1e1", "lat2": 3}"#).len(), 3);
        let near = validate_query::<GeoPoint>("lat=-34.6&lon=-58.4").unwrap();
        assert_eq!(near.to_string(), "-34.6,-58.4");
        assert!(validate_query::<GeoPoint>("lat=NaN&lon=-58.4").is_err());
    }

    #[test]
    fn islands_are_not_exchanged() {
        // Base Orcadas, Grytviken, and both exchanged, which is in the sea.
        for fine in ["-60.738,-44.738", "-54.28,-36.51", "-44.738,-60.738", "-36.51,-54.28"] {
            assert_eq!(fine.parse::<GeoPoint>().unwrap().to_string(), fine);
        }
        for swapped in ["-62,-44.738", "-60.738,-43.9", "-54.28,-39", "-58.3816,-34.6037"] {
            assert_eq!(swapped.parse::<GeoPoint>().unwrap_err().code().name, "geo.swapped", "{swapped}");
        }
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let read = |lat: &str| {
            let body = format!(r#"{{"lat": {lat}, "lon": -58.3816}}"#);
            let read = validate_json::<GeoPoint>(body.as_bytes(), &Limits::new());
            read.map(|point| point.lat).map_err(|rejection| rejection.issues()[0].code().to_owned())
        };
        for (lat, units) in [
            ("-34.60370000", -346_037_000),
            ("-34.6037000000000000000000", -346_037_000),
            ("-1e-7", -1),
            ("1e1", 100_000_000),
            ("1E+1", 100_000_000),
            ("0.9e2", 900_000_000),
            ("-346037e-4", -346_037_000),
            ("-34603700000e-9", -346_037_000),
            ("0e99999999999999999999", 0),
            ("0.00e-99999999999999999999", 0),
        ] {
            assert_eq!(read(lat), Ok(units), "{lat}");
        }
        for (lat, code) in [
            ("1e-8", "number.scale"),
            ("1.5e-7", "number.scale"),
            ("1e-99999999999999999999", "number.scale"),
            ("1e2", "range.max"),
            ("-1e400", "range.min"),
            ("1e99999999999999999999", "range.max"),
        ] {
            assert_eq!(read(lat).unwrap_err(), code, "{lat}");
        }
        assert!(validate_query::<GeoPoint>("lat=1e1&lon=-58.4").is_err());
    }

    #[test]
    fn stored_places_are_never_guessed() {
        let stored = |text: &str| serde_json::from_str::<GeoPoint>(text);
        assert_eq!(stored(r#"{"lat": -34.6037, "lon": -58}"#).unwrap().to_string(), "-34.6037,-58");
        for wrong in [
            r#"{"lat": -34.60370004, "lon": -58.3816}"#,
            r#"{"lat": 0.30000000000000004, "lon": -58.3816}"#,
            r#"{"lat": -34.6037, "lon": -58.3816, "alt": 25}"#,
            r#"{"lat": 1e300, "lon": -58.3816}"#,
            r#"{"lat": 0, "lon": 0}"#,
        ] {
            assert!(stored(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn plain_degrees_are_what_the_long_way_makes_of_them() {
        use proptest::prelude::*;
        proptest!(|(text in "-?(0|[1-9])?[0-9]{0,3}([.][0-9]{0,8})?|[0-9.e-]{0,6}")| {
            let long = Degrees::<90>::times_ten_to(&text, 0).map(|degrees| degrees.0).ok();
            if let Some(Degrees(units)) = Degrees::<90>::plain(text.as_bytes()) {
                prop_assert_eq!(Some(units), long, "{}", text);
            } else {
                let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                prop_assert!(long.is_none() || decimals == 0 || decimals > DECIMALS, "{}", text);
            }
        });
    }

    #[test]
    fn every_place_comes_back_as_it_was() {
        use proptest::prelude::*;
        let (lats, lons) = (-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000);
        // Floats below a hundred thousandth are written with an exponent.
        let (lats, lons) = (prop_oneof![lats, -999..=999], prop_oneof![lons, -999..=999]);
        proptest!(|(lat in lats, lon in lons)| {
            if let Ok(point) = GeoPoint::new(Degrees(lat), Degrees(lon)) {
                prop_assert_eq!(point.to_string().parse::<GeoPoint>(), Ok(point));
                let sent = serde_json::to_string(&point).unwrap();
                prop_assert_eq!(serde_json::from_str::<GeoPoint>(&sent).unwrap(), point);
                let read = validate_json::<GeoPoint>(sent.as_bytes(), &Limits::new());
                prop_assert_eq!(read.map(|read| *read).ok(), Some(point), "{}", sent);
            }
        });
    }
}
