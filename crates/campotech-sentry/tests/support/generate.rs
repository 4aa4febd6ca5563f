//! Secrets of every class in every spelling, and what only looks like them; the same for the same seed.

use campotech_sentry::sentry::protocol::Value;

/// `SplitMix64`: small, and known to be even enough.
pub(crate) struct Random(u64);

/// A text to plant, and the part of it that must not be seen again, in no piece of six characters.
pub(crate) struct Secret {
    pub(crate) class: &'static str,
    pub(crate) text: String,
    pub(crate) sensitive: Vec<String>,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn text(&mut self, alphabet: &[u8], length: u64) -> String {
        (0..length)
            .map(|_| char::from(alphabet[usize::try_from(self.below(alphabet.len() as u64)).unwrap()]))
            .collect()
    }

    fn digits(&mut self, length: u64) -> String {
        self.text(b"0123456789", length)
    }

    fn mixed(&mut self, length: u64) -> String {
        self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    fn hex(&mut self, length: u64) -> String {
        self.text(b"0123456789abcdef", length)
    }
}

/// Appends the digit that makes `valid` true.
fn checked(body: &str, valid: impl Fn(&str) -> bool) -> Option<String> {
    (0..10).map(|digit| format!("{body}{digit}")).find(|number| valid(number))
}

fn numbers(text: &str) -> Vec<u32> {
    text.bytes().map(|b| u32::from(b - b'0')).collect()
}

fn weighted(text: &str, weights: &[u32]) -> u32 {
    numbers(text).iter().zip(weights.iter().cycle()).map(|(d, w)| d * w).sum()
}

fn luhn(text: &str) -> bool {
    let each = numbers(text).into_iter().rev().enumerate();
    each.map(|(i, d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }).sum::<u32>().is_multiple_of(10)
}

fn cuit(random: &mut Random) -> String {
    loop {
        let body = format!("{}{}", random.pick(&["20", "23", "24", "27", "30", "33"]), random.digits(8));
        let rest = 11 - weighted(&body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        if rest != 10 {
            return format!("{body}{}", rest % 11);
        }
    }
}

fn cbu(random: &mut Random) -> String {
    let close = |body: String, weights: &[u32]| {
        let check = (10 - weighted(&body, weights) % 10) % 10;
        format!("{body}{check}")
    };
    let bank = close(random.digits(7), &[7, 1, 3, 9, 7, 1, 3]);
    let account = close(random.digits(13), &[3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3]);
    bank + &account
}

/// A secret of each class in turn.
pub(crate) fn secret(random: &mut Random, number: usize) -> Secret {
    let one =
        |class, text: String, sensitive: &str| Secret { class, text, sensitive: vec![sensitive.to_owned()] };
    let same = |class, text: String| Secret { class, sensitive: vec![text.clone()], text };
    match number % 14 {
        0 => {
            let user = random.text(b"abcdefghijklmnopqrstuvwxyz", 8);
            let address = match random.below(3) {
                0 => format!("{user}.{}@example.com.ar", random.text(b"aeioulmnrst", 6)),
                1 => format!("{user}+{}@correo.example", random.digits(3)),
                _ => format!("{user}@{}.example.org", random.text(b"aeioulmnrst", 7)),
            };
            same("e-mail", address)
        }
        1 => {
            let local = random.digits(8);
            let (a, b) = local.split_at(4);
            let text = match random.below(5) {
                0 => format!("+54 9 11 {a}-{b}"),
                1 => format!("+54911{local}"),
                2 => format!("+54 (11) {a} {b}"),
                3 => format!("54911{local}"),
                _ => format!("0054 9 11 {a} {b}"),
            };
            one("phone abroad", text, &local)
        }
        2 => {
            let area = random.pick(&["351", "341", "261", "223", "381"]);
            let (b, c) = (random.text(b"456", 1) + &random.digits(2), random.digits(4));
            let text = match random.below(6) {
                0 => format!("0{area}-{b}{c}"),
                1 => format!("(0{area}) {b}-{c}"),
                2 => format!("({area}) 15 {b}-{c}"),
                3 => format!("{area} {b} {c}"),
                4 => format!("0{area} 15-{b}-{c}"),
                _ => format!("tel. {b}-{c}"),
            };
            one("phone at home", text, &format!("{b}{c}"))
        }
        3 => {
            let n = cuit(random);
            let text = match random.below(5) {
                0 => n.clone(),
                1 => format!("{}-{}-{}", &n[..2], &n[2..10], &n[10..]),
                2 => format!("{} {} {}", &n[..2], &n[2..10], &n[10..]),
                3 => format!("{}-{}.{}.{}-{}", &n[..2], &n[2..4], &n[4..7], &n[7..10], &n[10..]),
                _ => format!("{}/{}/{}", &n[..2], &n[2..10], &n[10..]),
            };
            one("CUIT", text, &n)
        }
        4 => {
            let n = (10_000_000 + random.below(40_000_000)).to_string();
            let name = random.pick(&[
                "DNI ",
                "dni: ",
                "D.N.I. Nº ",
                "documento=",
                "DNI del titular ",
                "documento nro. ",
            ]);
            let dotted = format!("{}.{}.{}", &n[..2], &n[2..5], &n[5..]);
            one("DNI", format!("{name}{}", if random.below(2) == 0 { &n } else { &dotted }), &n)
        }
        5 => {
            let n = cbu(random);
            let text = if random.below(2) == 0 { n.clone() } else { format!("{} {}", &n[..8], &n[8..]) };
            one("CBU", text, &n)
        }
        6 => {
            let start = random.pick(&["4", "51", "55", "2221", "589562", "6011"]);
            let body = format!("{start}{}", random.digits(15 - start.len() as u64));
            let n = checked(&body, luhn).unwrap();
            let joined = |by: &str| [&n[..4], &n[4..8], &n[8..12], &n[12..]].join(by);
            let text = [n.clone(), joined(" "), joined("-"), joined(".")]
                [usize::try_from(random.below(4)).unwrap()]
            .clone();
            one("card", text, &n)
        }
        7 => {
            let parts = [random.mixed(24), random.mixed(30), random.mixed(43)];
            same("JWT", format!("eyJ{}.eyJ{}.{}", parts[0], parts[1], parts[2]))
        }
        8 => {
            let token = if random.below(2) == 0 { random.mixed(24) } else { random.hex(24) + "7" };
            one(
                "bearer",
                format!("{} {token}", random.pick(&["Bearer", "bearer", "Authorization: Bearer"])),
                &token,
            )
        }
        9 => {
            let rest = random.mixed(30) + "4";
            let start =
                random.pick(&["ghp_", "sk_live_", "xoxb-", "glpat-", "APP_USR-", "AKIA", "AIza", "whsec_"]);
            one("key with a prefix", format!("{start}{rest}"), &rest)
        }
        10 => {
            let length = 40 + random.below(24);
            same(
                "long random",
                if random.below(2) == 0 { random.hex(length) + "5" } else { random.mixed(length) + "a1B2c3" },
            )
        }
        11 => {
            let password = random.mixed(14);
            one("password in a URL", format!("postgres://app:{password}@db.internal:5432/campo"), &password)
        }
        12 => {
            let value = random.mixed(12);
            let name = random.pick(&[
                "password=",
                "contraseña: ",
                "clave=",
                "api_key=",
                "client_secret: ",
                "\"password\":\"",
                "token=",
            ]);
            one(
                "named secret",
                format!("{name}{value}{}", if name.ends_with('"') { "\"" } else { "" }),
                &value,
            )
        }
        _ => {
            let (user, value) = (random.text(b"abcdefghijklmnopqrstuvwxyz", 9), random.mixed(10));
            let text = match random.below(3) {
                0 => format!("email={user}%40example.com&password={value}"),
                1 => format!("{{\\\"correo\\\":\\\"{user}@example.com\\\",\\\"clave\\\":\\\"{value}\\\"}}"),
                _ => format!("/api/v1/customers?mail={user}%2540example.com&token={value}"),
            };
            Secret { class: "encoded", text, sensitive: vec![user, value] }
        }
    }
}

/// What must stay as it is.
pub(crate) fn benign(random: &mut Random, number: usize) -> String {
    let n = |random: &mut Random, most: u64| random.below(most);
    match number % 16 {
        0 => format!("order {}", 100_000 + n(random, 9_000_000)),
        1 => format!("pedido {} de {} unidades", n(random, 999_999), n(random, 500)),
        2 => {
            let h = random.hex(32);
            format!("job {}-{}-7{}-9{}-{} is done", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
        }
        3 => format!("campotech-server@{}.{}.{}", n(random, 9), n(random, 30), n(random, 99)),
        4 => {
            let length = 7 + n(random, 6);
            format!("at commit {} of main", random.hex(length))
        }
        5 => format!(
            "2025-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            1 + n(random, 12),
            1 + n(random, 28),
            n(random, 24),
            n(random, 60),
            n(random, 60),
            n(random, 1_000_000)
        ),
        6 => format!("unix time {}", 1_600_000_000 + n(random, 200_000_000)),
        7 => format!("$ {}.{:03},{:02} ARS", 1 + n(random, 900), n(random, 1_000), n(random, 100)),
        8 => format!("total {}.{:03}.{:03} pesos", 1 + n(random, 90), n(random, 1_000), n(random, 1_000)),
        9 => format!("listening on 127.0.0.1:{}", 1_024 + n(random, 60_000)),
        10 => format!("-34.{:06}, -58.{:06}", n(random, 1_000_000), n(random, 1_000_000)),
        11 => format!(
            "El técnico llegó a las {}:{:02} y cerró {} trabajos en {} minutos",
            n(random, 24),
            n(random, 60),
            n(random, 30),
            n(random, 600)
        ),
        12 => {
            format!("GET /api/v1/jobs/{{id}} answered {} in {} ms", 200 + n(random, 300), n(random, 100_000))
        }
        13 => format!(
            "took {} ns, {} bytes, attempt {} of 5",
            n(random, 9_000_000_000),
            n(random, 99_000_000),
            n(random, 5)
        ),
        14 => format!(
            "connection {} refused (os error {}) on thread tokio-runtime-worker-{}",
            n(random, 100_000),
            n(random, 130),
            n(random, 64)
        ),
        _ => {
            format!("Chrome/{}.0.{}.{} Safari/537.36", 100 + n(random, 40), n(random, 9_999), n(random, 200))
        }
    }
}

/// The text as a value within others.
pub(crate) fn nested(text: &str) -> Value {
    serde_json::json!({"deep": [{"deeper": text}], "as text": format!("[{{\"a\": \"{}\"}}]", text.replace(['"', '\\'], ""))})
}
