//! What a client would rather have: the lists of `Accept` and its kin, with their weights (RFC 9110, section 12.4.2).

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue};

/// One item of such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference<'a> {
    /// A media range, a coding, a language range.
    pub name: &'a str,
    /// From 0, not acceptable, to 1,000.
    pub weight: u16,
    parameters: &'a str,
}

/// Items that are read: nobody has more to choose from, and a long list is not worth the time.
const MOST: usize = 32;

/// The items of a header's lines in the order in which they stand; those whose weight is none are left out.
///
/// ```
/// use campotech_core::preference::preferences;
/// use http::HeaderMap;
/// use http::header::ACCEPT_ENCODING;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(ACCEPT_ENCODING, "gzip;q=0.5, zstd".parse()?);
/// let weights: Vec<_> = preferences(&headers, ACCEPT_ENCODING).map(|item| (item.name, item.weight)).collect();
/// assert_eq!(weights, [("gzip", 500), ("zstd", 1_000)]);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn preferences(headers: &HeaderMap, header: impl AsHeaderName) -> impl Iterator<Item = Preference<'_>> {
    items(headers.get_all(header))
}

/// The items of such lines.
pub(crate) fn items<'a>(
    lines: impl IntoIterator<Item = &'a HeaderValue>,
) -> impl Iterator<Item = Preference<'a>> {
    let lines = lines.into_iter().filter_map(as_text);
    lines.flat_map(|line| line.split(',')).take(MOST).filter_map(Preference::read)
}

fn as_text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

impl<'a> Preference<'a> {
    fn read(item: &'a str) -> Option<Self> {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let name = name.trim();
        let mut item = Self { name, weight: 1_000, parameters };
        if let Some(weight) = item.parameter("q") {
            item.weight = thousandths(weight)?;
        }
        (!name.is_empty()).then_some(item)
    }

    /// The value of a parameter, without quotes.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (known, value) = parameter.split_once('=')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }

    /// Whether this is the item of that name, in whatever case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// A weight from 0 to 1; digits behind the third are cut off, where a client sends such.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, digits) = weight.split_once('.').unwrap_or((weight, ""));
    let mut thousandths = match whole {
        "0" => 0,
        "1" => 1_000,
        _ => return None,
    };
    for (at, digit) in digits.bytes().enumerate() {
        let place = [100, 10, 1].get(at).copied().unwrap_or(0);
        thousandths += u16::from(digit.is_ascii_digit().then(|| digit - b'0')?) * place;
    }
    (thousandths <= 1_000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    fn read(lines: &[&'static str]) -> Vec<(String, u16)> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_static(line));
        }
        preferences(&headers, ACCEPT).map(|item| (item.name.to_owned(), item.weight)).collect()
    }

    #[test]
    fn all_lines_are_read_in_their_order() {
        let all = read(&["a/b;level=1;q=0.5, c/d", "*/*; Q=0.001"]);
        assert_eq!(all, [("a/b".into(), 500), ("c/d".into(), 1_000), ("*/*".into(), 1)]);
    }

    #[test]
    fn what_is_no_weight_leaves_its_item_out() {
        for weight in ["nan", "", "2", "1.001", "-1", "0,5", ".5", "0.x", "1.0x"] {
            assert_eq!(thousandths(weight), None, "{weight}");
        }
        for (weight, is) in [("0", 0), ("0.", 0), ("1.000", 1_000), ("0.123456", 123), ("0.05", 50)] {
            assert_eq!(thousandths(weight), Some(is), "{weight}");
        }
        assert_eq!(read(&["a;q=nan, b, ;;,,q=1, ;q=1"]), [("b".into(), 1_000), ("q=1".into(), 1_000)]);
    }

    #[test]
    fn parameters_are_found_by_their_names() {
        let item = Preference::read(" Text/Plain ; Version=\"0.0.4\"; charset=utf-8;q=0.1").unwrap();
        assert!(item.is("text/plain"));
        assert_eq!((item.parameter("version"), item.parameter("charset")), (Some("0.0.4"), Some("utf-8")));
        assert_eq!((item.parameter("x"), item.weight), (None, 100));
    }

    #[test]
    fn a_long_list_is_read_for_some_time() {
        let line: &'static str = Box::leak("a,".repeat(10_000).into_boxed_str());
        assert_eq!(read(&[line, line]).len(), MOST);
    }
}
