//! Changes of `for`.

/// Half and twice as long; 5 minutes where it is at once.
pub(super) fn changes(hold: &str) -> Option<Vec<String>> {
    let seconds = if hold.is_empty() { 0 } else { seconds(hold)? };
    Some(match seconds {
        0 => vec!["5m".into()],
        _ => vec![format!("{}s", seconds / 2), format!("{}s", seconds * 2)],
    })
}

/// `1h30m` in seconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let mut total = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end + 1..];
    }
    (!text.is_empty()).then_some(total)
}
