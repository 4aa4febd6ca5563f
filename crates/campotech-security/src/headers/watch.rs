//! Which headers of an answer matter to the layer, told in one look at each, however many names are on its lists.

/// A filter of names (a Bloom filter with one hash, Bloom 1970): what it doesn't know is on no list; what it knows may be.
#[derive(Debug, Clone)]
pub(super) struct Watch([u64; WORDS]);

/// 2048 bits: with a hundred names, one of twenty strangers is looked up for nothing.
const WORDS: usize = 32;

impl Watch {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut bits = [0; WORDS];
        for (word, bit) in names.map(place) {
            bits[word] |= bit;
        }
        Self(bits)
    }

    /// Whether the name may be on a list.
    #[inline]
    pub(super) fn knows(&self, name: &str) -> bool {
        let (word, bit) = place(name);
        self.0[word] & bit != 0
    }
}

/// By length and three letters: names that differ in no more than others are few, and the lists decide about them.
#[inline]
fn place(name: &str) -> (usize, u64) {
    let name = name.as_bytes();
    let at = |index: usize| u32::from(name.get(index).copied().unwrap_or_default());
    let length = name.len();
    let sum = length as u32 ^ at(length / 2) << 8 ^ at(length.wrapping_sub(1)) << 16 ^ at(2) << 24;
    let hash = sum.wrapping_mul(0x9E37_79B1);
    ((hash >> 27) as usize, 1 << (hash >> 21 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::disclosing::DISCLOSING;

    #[test]
    fn what_is_on_a_list_is_known_and_what_answers_have_is_not() {
        let watch = Watch::of(DISCLOSING.iter().copied());
        assert!(DISCLOSING.iter().all(|name| watch.knows(name)));
        let usual = [
            "accept-ranges",
            "access-control-allow-origin",
            "access-control-expose-headers",
            "age",
            "allow",
            "cache-control",
            "connection",
            "content-encoding",
            "content-language",
            "content-length",
            "content-type",
            "date",
            "etag",
            "expires",
            "last-modified",
            "link",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "set-cookie",
            "traceparent",
            "transfer-encoding",
            "upgrade",
            "vary",
            "www-authenticate",
            "x-request-id",
            "",
            "a",
        ];
        let known: Vec<_> = usual.into_iter().filter(|name| watch.knows(name)).collect();
        assert!(known.len() <= 1, "{known:?}");
    }
}
