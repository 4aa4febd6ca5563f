//! Content codings of an answer.

use campotech_core::preference::preferences;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};

/// A coding. Those that are built in come first, the best one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    #[cfg(feature = "zstd")]
    Zstd,
    #[cfg(feature = "gzip")]
    Gzip,
    Identity,
}

/// What codes, kept from one answer to the next.
#[derive(Default)]
pub(super) struct Coders {
    #[cfg(feature = "zstd")]
    zstd: Option<zstd::bulk::Compressor<'static>>,
    #[cfg(feature = "gzip")]
    gzip: Option<flate2::Compress>,
}

impl Coding {
    const ALL: &[Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
        Self::Identity,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// The value of `Content-Encoding`.
    pub(super) fn header(self) -> Option<HeaderValue> {
        (self != Self::Identity).then(|| HeaderValue::from_static(self.as_str()))
    }

    /// The coding that `Accept-Encoding` prefers (RFC 9110, section 12.5.3), of equals ours; none without a preference.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let mut best = (Self::Identity, 0);
        for coding in Self::ALL {
            let weight = coding.weight(headers);
            if weight > best.1 {
                best = (*coding, weight);
            }
        }
        best.0
    }

    fn weight(self, headers: &HeaderMap) -> u16 {
        let (mut named, mut any) = (None, None);
        for item in preferences(headers, ACCEPT_ENCODING) {
            if item.is(self.as_str()) || (item.is("x-gzip") && self.as_str() == "gzip") {
                named = Some(item.weight);
            } else if item.name == "*" {
                any = Some(item.weight);
            }
        }
        // What is not coded is there for everybody, behind whatever is asked for.
        let unnamed = if self == Self::Identity { 1 } else { any.unwrap_or(0) };
        named.unwrap_or(unnamed)
    }
}

impl Coders {
    /// Appends `plain` in this coding; none where that fails.
    #[cfg_attr(not(any(feature = "gzip", feature = "zstd")), expect(clippy::unused_self))]
    pub(super) fn code(&mut self, coding: Coding, plain: &[u8], coded: &mut Vec<u8>) -> Option<()> {
        match coding {
            Coding::Identity => coded.extend_from_slice(plain),
            #[cfg(feature = "zstd")]
            Coding::Zstd => {
                let coder = match &mut self.zstd {
                    Some(coder) => coder,
                    none => none.insert(zstd::bulk::Compressor::new(1).ok()?),
                };
                coded.reserve(zstd::zstd_safe::compress_bound(plain.len()));
                coder.compress_to_buffer(plain, coded).ok()?;
            }
            #[cfg(feature = "gzip")]
            Coding::Gzip => {
                use flate2::{Compress, Compression, FlushCompress, Status};
                let coder = self.gzip.get_or_insert_with(|| Compress::new_gzip(Compression::new(1), 15));
                coder.reset();
                loop {
                    let read = usize::try_from(coder.total_in()).ok()?;
                    coded.reserve((plain.len() - read) / 8 + 1_024);
                    if coder.compress_vec(&plain[read..], coded, FlushCompress::Finish).ok()?
                        == Status::StreamEnd
                    {
                        break;
                    }
                }
            }
        }
        Some(())
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use std::io::Read;

    use super::*;

    fn accepted(value: &'static str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
        Coding::accepted(&headers)
    }

    #[test]
    fn weights_decide_and_of_equals_the_better() {
        for (value, coding) in [
            ("gzip", Coding::Gzip),
            ("gzip, zstd", Coding::Zstd),
            ("gzip;q=1.0, zstd;q=0.9", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("*", Coding::Zstd),
            ("*, zstd;q=0", Coding::Gzip),
            ("gzip;q=0.5, identity", Coding::Identity),
            ("gzip;q=0", Coding::Identity),
            ("gzip;q=0.001", Coding::Gzip),
            ("br", Coding::Identity),
            ("", Coding::Identity),
        ] {
            assert_eq!(accepted(value), coding, "{value}");
        }
        assert_eq!(Coding::accepted(&HeaderMap::new()), Coding::Identity);
    }

    #[test]
    fn what_was_coded_is_read_again_each_time() {
        let mut coders = Coders::default();
        for length in [0, 1, 10_000, 3_000_000, 5] {
            let plain: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
            let mut gzip = Vec::new();
            coders.code(Coding::Gzip, &plain, &mut gzip).unwrap();
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&*gzip).read_to_end(&mut read).unwrap();
            assert!(read == plain, "gzip, {length}");
            let mut zstd = Vec::new();
            coders.code(Coding::Zstd, &plain, &mut zstd).unwrap();
            assert!(zstd::decode_all(&*zstd).unwrap() == plain, "zstd, {length}");
        }
    }
}
