//! How values are written: `10s`, `256KiB`, `127.0.0.1:8080`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Any text.
///
/// # Errors
/// None; it has the shape of the other parsers.
pub fn text(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

/// An address and a port; port 0 lets the system choose.
///
/// # Errors
/// What is wrong with the value.
pub fn socket_addr(value: &str) -> Result<SocketAddr, String> {
    value.parse().map_err(|_| "is not an IP address and a port".to_owned())
}

/// A count of one or more.
///
/// # Errors
/// What is wrong with the value.
pub fn count(value: &str) -> Result<NonZeroUsize, String> {
    value.parse().map_err(|_| "is not a whole number above 0".to_owned())
}

/// A time above zero, such as `500ms`, `10s`, `15m`, `12h`; at most a day.
///
/// # Errors
/// What is wrong with the value.
pub fn duration(value: &str) -> Result<Duration, String> {
    let (number, unit) = split(value);
    let number: u64 = number.parse().map_err(|_| "is not a time".to_owned())?;
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    }
    .ok_or_else(|| "is a time without a unit (ms, s, m, h)".to_owned())?;
    match number.checked_mul(millis) {
        Some(1..=86_400_000) => Ok(Duration::from_millis(number * millis)),
        _ => Err("is not a time above 0 and up to a day".to_owned()),
    }
}

/// A size in bytes above zero, such as `256KiB`, `1MiB`, `64KB`, `1000`; at most 1 GiB.
///
/// # Errors
/// What is wrong with the value.
pub fn size(value: &str) -> Result<usize, String> {
    let (number, unit) = split(value);
    let number: usize = number.parse().map_err(|_| "is not a size".to_owned())?;
    let factor = match unit {
        "" | "B" => 1,
        "KB" | "kB" => 1_000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("is a size with an unknown unit (B, KB, KiB, MB, MiB, GiB)".to_owned()),
    };
    let size = number.checked_mul(factor).filter(|size| (1..=1 << 30).contains(size));
    size.ok_or_else(|| "is not a size above 0 and up to 1GiB".to_owned())
}

fn split(value: &str) -> (&str, &str) {
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    (&value[..end], &value[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        for bad in [
            "",
            "5",
            "s",
            "-1s",
            "1.5s",
            "0s",
            "25h",
            "5 s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("256KiB"), Ok(262_144));
        assert_eq!(size("1000"), Ok(1_000));
        assert_eq!(size("1MiB"), Ok(1 << 20));
        for bad in ["", "KiB", "0", "2GiB", "1 KiB", "1kib", "-1", "18446744073709551615GiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_and_addresses() {
        assert_eq!(count("10").map(NonZeroUsize::get), Ok(10));
        assert!(count("0").is_err() && count("-1").is_err() && count("1e3").is_err());
        assert!(socket_addr("127.0.0.1:0").is_ok() && socket_addr("[::1]:80").is_ok());
        assert!(socket_addr("localhost").is_err() && socket_addr("127.0.0.1").is_err());
    }
}
