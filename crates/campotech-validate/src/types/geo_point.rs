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

/// A place by WGS 84, `{"lat": -34.6037, "lon": -58.3816}`: degrees of at most seven decimals, kept exactly.
///
/// Refused: the point 0, 0, which is where programs put what they don't know (`geo.zero`), and what is in Argentina only
/// with latitude and longitude exchanged (`geo.swapped`). As text: `-34.6037,-58.3816`.
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
        if !is_about_argentina(lat, lon) && is_about_argentina(lon, lat) {
            return Err(Violation::new(&codes::GEO_SWAPPED));
        }
        Ok(Self { lat, lon })
    }
}

/// The mainland and Tierra del Fuego, with a little around them.
fn is_about_argentina(lat: i32, lon: i32) -> bool {
    (-552_000_000..=-217_000_000).contains(&lat) && (-736_000_000..=-536_000_000).contains(&lon)
}

impl<const MAX: i32> Degrees<MAX> {
    /// Digits with a sign and a fraction, if any; no exponent.
    fn parse(text: &str) -> Result<Self, Violation> {
        let expected = || Violation::new(&codes::TYPE).with("expected", "number");
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let parts = [whole, fraction];
        if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()))
            || (whole.len() > 1 && whole.starts_with('0'))
        {
            return Err(expected());
        }
        if fraction.len() > DECIMALS {
            return Err(Violation::new(&codes::NUMBER_SCALE).with("max", DECIMALS));
        }
        let padded =
            whole.bytes().chain(fraction.bytes()).chain([b'0'; DECIMALS].into_iter().skip(fraction.len()));
        let units = padded
            .fold(0_i64, |units, digit| units.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
        let most = MAX * DEGREE;
        match i32::try_from(if negative { -units } else { units }) {
            Ok(units) if (-most..=most).contains(&units) => Ok(Self(units)),
            _ if negative => Err(Violation::new(&codes::RANGE_MIN).with("min", -MAX)),
            _ => Err(Violation::new(&codes::RANGE_MAX).with("max", MAX)),
        }
    }

    /// The nearest to a number that was written with seven decimals.
    fn nearest(degrees: f64) -> Result<Self, Violation> {
        Self::parse(&format!("{degrees:.DECIMALS$}"))
    }
}

impl<const MAX: i32> Input for Degrees<MAX> {
    fn read(node: Node<'_>, place: &Place<'_>) -> Option<Self> {
        let read = match &node {
            Node::Number(text) => Self::parse(text),
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
        let point = Degrees::nearest(lat).and_then(|lat| Self::new(lat, Degrees::nearest(lon)?));
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
        assert_eq!(faults(r#"{"lat": 1e1, "lat2": 3}"#).len(), 3);
        let near = validate_query::<GeoPoint>("lat=-34.6&lon=-58.4").unwrap();
        assert_eq!(near.to_string(), "-34.6,-58.4");
        assert!(validate_query::<GeoPoint>("lat=NaN&lon=-58.4").is_err());
    }

    #[test]
    fn every_place_comes_back_as_it_was() {
        use proptest::prelude::*;
        proptest!(|(lat in -900_000_000..=900_000_000, lon in -1_800_000_000..=1_800_000_000)| {
            if let Ok(point) = GeoPoint::new(Degrees(lat), Degrees(lon)) {
                prop_assert_eq!(point.to_string().parse::<GeoPoint>(), Ok(point));
                let restored: GeoPoint = serde_json::from_str(&serde_json::to_string(&point).unwrap()).unwrap();
                prop_assert_eq!(restored, point);
            }
        });
    }
}
