//! What tells a secret from its look-alikes: check digits, prefixes, and how mixed it is.

/// The digits of a text as numbers.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether what follows the scheme is no word of a sentence.
pub(super) fn looks_like_credentials(text: &str) -> bool {
    let Some(value) = text.split_whitespace().nth(1) else { return false };
    let odd = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase() || b"_~+/=".contains(&b);
    value.bytes().skip(1).any(odd)
}

/// As tokens are and names hardly: letters of both cases and digits, in turns.
pub(super) fn looks_random(text: &str) -> bool {
    let class = |b: u8| match b {
        b'0'..=b'9' => Some(0),
        b'a'..=b'z' => Some(1),
        b'A'..=b'Z' => Some(2),
        _ => None,
    };
    let classes: Vec<u8> = text.bytes().filter_map(class).collect();
    let turns = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let runs = |of: u8| classes.chunk_by(|a, b| a == b).filter(|run| run[0] == of).count();
    let has = |of: u8| classes.contains(&of);
    if has(1) && has(2) {
        return has(0) && (runs(0) >= 3 || turns * 5 >= classes.len() * 2);
    }
    // One case only: names joined by dashes and paths are such, so a token must come in one piece.
    runs(0) >= 4 && classes.len() == text.trim_end_matches('=').len()
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B), behind a prefix of a brand.
pub(super) fn is_card(digits: &[u8]) -> bool {
    let brand =
        matches!(digits, [4, ..] | [5, 0..=8, ..] | [2, 2..=7, ..] | [3, 0 | 4..=8, ..] | [6, 0 | 2..=7, ..]);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| match (i % 2, u32::from(d) * 2) {
            (0, _) => u32::from(d),
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    (13..=19).contains(&digits.len()) && brand && sum.is_multiple_of(10)
}

/// The check digit of CUIT and CUIL: modulo 11 over ten weighted digits, behind a prefix that is given out.
pub(super) fn is_cuit(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let [a, b, .., check] = digits else { return false };
    let known = matches!(a * 10 + b, 20 | 23..=27 | 30 | 33 | 34);
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, &d)| w * u32::from(d)).sum();
    digits.len() == 11 && known && (11 - sum % 11) % 11 == u32::from(*check)
}

/// The two check digits of a CBU or CVU (BCRA, communication A 2622): modulo 10 over bank and branch, and over the account.
pub(super) fn is_cbu(digits: &[u8]) -> bool {
    let block = |digits: &[u8]| {
        let Some((check, rest)) = digits.split_last() else { return false };
        let sum: u32 =
            rest.iter().rev().zip([3, 1, 7, 9].iter().cycle()).map(|(&d, w)| u32::from(d) * w).sum();
        (10 - sum % 10) % 10 == u32::from(*check)
    };
    digits.len() == 22 && block(&digits[..8]) && block(&digits[8..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_told_apart_by_one() {
        for (fine, check) in [
            ("4111111111111111", is_card as fn(&[u8]) -> bool),
            ("378282246310005", is_card),
            ("20123456786", is_cuit),
            ("2850590940090418135201", is_cbu),
            ("0170099220000067797370", is_cbu),
        ] {
            let mut number = digits(fine);
            assert!(check(&number), "{fine}");
            let last = number.len() - 1;
            number[last] = (number[last] + 1) % 10;
            assert!(!check(&number), "{fine} with another check digit");
        }
        assert!(!is_card(&digits("1732325177123456")), "no card begins with 1");
        assert!(!is_cuit(&[]) && !is_card(&[]) && !is_cbu(&[]));
    }

    #[test]
    fn tokens_are_mixed_and_names_are_not() {
        for token in
            ["aB3dE6gH9jK2mN5pQ8rS1tU4", "k3jf93kd9f0s9d8f7g6h5j4k", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9"]
        {
            assert!(looks_random(token), "{token}");
        }
        for name in [
            "PostgresConnectionPoolExhausted",
            "crates/campotech-sentry/src/layer/future",
            "field-service-2025-11-23-berlin",
            "Sha256PasswordHasherConfiguration",
            "campotech_server_worker_thread_12",
        ] {
            assert!(!looks_random(name), "{name}");
        }
    }
}
