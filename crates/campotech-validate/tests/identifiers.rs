//! A million CUIT and CBU beside python-stdnum.

use std::fmt::Write;

use campotech_validate::{Cbu, Cuit};

/// Printed by `tests/data/identifiers.py`: how many are valid, how many CUIT have a check digit that computes to ten, and
/// a digest of what stdnum says of each of the others.
const STDNUM: &str = "\
CUIT 38150 45444 0b71a3d987db58eb
CBU 413898 eb01c9cbe6593141
";

#[test]
fn stdnum_says_the_same_but_for_check_digits_of_ten() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut said = String::new();
    cuits(&mut random, &mut said);
    cbus(&mut random, &mut said);
    assert_eq!(said, STDNUM);
}

fn cuits(random: &mut Random, said: &mut String) {
    let (mut valid, mut ten, mut digest) = (0, 0, Fnv::new());
    for _ in 0..500_000 {
        let prefix = [20, 23, 24, 27, 30, 33, 34, 50, 51, 55, 21, 99][random.index(12)];
        let body = format!("{prefix}{:08}", random.below(100_000_000));
        let number = format!("{body}{}", random.below(10));
        let is_valid = number.parse::<Cuit>().is_ok();
        if 11 - weighted(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 == 10 {
            assert!(!is_valid, "{number}");
            ten += 1;
            continue;
        }
        valid += u32::from(is_valid);
        digest.add(is_valid);
    }
    let _ = writeln!(said, "CUIT {valid} {ten} {:016x}", digest.0);
}

fn cbus(random: &mut Random, said: &mut String) {
    let (mut valid, mut digest) = (0, Fnv::new());
    for _ in 0..500_000 {
        let branch = format!("{:07}", random.below(10_000_000));
        // A draw has 31 bits, and an account of thirteen digits 44.
        let account = format!("{:06}{:07}", random.below(1_000_000), random.below(10_000_000));
        let mut number = String::new();
        for block in [branch, account].map(|block| {
            let weights: &[u64] = if block.len() == 7 { &[7, 1, 3, 9] } else { &[3, 9, 7, 1] };
            let right = (10 - weighted(&block, weights) % 10) % 10;
            let check = if random.below(10) == 0 { random.below(10) } else { right };
            format!("{block}{check}")
        }) {
            number += &block;
        }
        let is_valid = number.parse::<Cbu>().is_ok();
        valid += u32::from(is_valid);
        digest.add(is_valid);
    }
    let _ = writeln!(said, "CBU {valid} {:016x}", digest.0);
}

/// The sum of the digits, each by its weight, which come again and again.
fn weighted(digits: &str, weights: &[u64]) -> u64 {
    digits.bytes().zip(weights.iter().cycle()).map(|(digit, weight)| u64::from(digit - b'0') * weight).sum()
}

/// FNV-1a over truth values.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, valid: bool) {
        self.0 = (self.0 ^ u64::from(valid)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

/// xorshift64*, as in the script.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    fn index(&mut self, end: u64) -> usize {
        usize::try_from(self.below(end)).unwrap_or_default()
    }
}
