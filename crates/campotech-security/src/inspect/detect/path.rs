//! Path traversal: segments of dots, files that no value names, schemes that read files.

use super::rule::{Rule, RuleSet};

/// What a path looks like to the detector.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    segments(text, rules);
    files(text, rules);
    schemes(text, rules);
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// What ends a path inside of a longer text.
const fn is_bound(byte: u8) -> bool {
    matches!(
        byte,
        b'=' | b'&' | b'?' | b'"' | b'\'' | b'`' | b'(' | b'|' | b'<' | b'>' | b'@' | b',' | b'{' | b'}'
    ) || byte <= b' '
}

/// Segments that are nothing but dots.
fn segments(text: &[u8], rules: &mut RuleSet) {
    let (mut ups, mut dots, mut here, mut glued) = (0, 0, 0, 0);
    // Where the last `..` ended.
    let mut last = None;
    let mut climbs = false;
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'.' {
            at += 1;
            continue;
        }
        let start = at;
        while text.get(at) == Some(&b'.') {
            at += 1;
        }
        let length = at - start;
        let before = start.checked_sub(1).map(|at| text[at]);
        let after = text.get(at).copied();
        let begins = before.is_none_or(|b| is_separator(b) || is_bound(b));
        let rooted = before.is_some_and(is_separator);
        // `..;x` is `..` to servers that know path parameters.
        let parameter = after == Some(b';') && text.get(at + 1).is_some_and(|b| is_separator(*b));
        let separated = parameter || after.is_some_and(is_separator);
        let ends = separated || (rooted && after.is_none_or(is_bound));
        match length {
            1 if rooted && separated => here += 1,
            2 if begins && ends => {
                ups += 1;
                climbs |= last.is_some_and(|last| start - last <= 3);
                last = Some(at);
            }
            // `...` at the end of a path may be an ellipsis.
            3.. if begins && separated && (rooted || length > 3) => dots += 1,
            // Separators that a filter took out: `........etc`.
            8.. if before.is_none_or(is_separator) && after.is_some() => glued += 1,
            _ => {}
        }
    }
    // In a sentence one may be a slip.
    let sentence = text.trim_ascii().contains(&b' ');
    if climbs || (ups > 0 && !sentence) {
        rules.add(Rule::PathUp);
    } else if ups > 0 {
        rules.add(Rule::PathOnce);
    }
    if dots > 1 || here > 3 || glued > 0 {
        rules.add(Rule::PathDots);
    }
}

/// Ends of paths that only an intruder asks for; `/` stands for either separator.
const FILES: &[&[u8]] = &[
    b"etc/passwd",
    b"etc/shadow",
    b"etc/group",
    b"etc/hosts",
    b"etc/issue",
    b"etc/motd",
    b"etc/sudoers",
    b"etc/crontab",
    b"proc/self",
    b"proc/version",
    b"proc/cmdline",
    b"var/log/",
    b"boot.ini",
    b"win.ini",
    b"system.ini",
    b"web-inf/",
    b"meta-inf/",
    b".htaccess",
    b".htpasswd",
    b".git/",
    b".ssh/",
    b".aws/",
    b"id_rsa",
    b"global.asa",
    b"web.config",
    b"wp-config.php",
    b"windows/system32",
    b"winnt/system32",
    b"windows/win",
    b"winnt/win",
    b".bash_history",
    b"php.ini",
    b"httpd.conf",
    b"inetpub/",
    b"sam._",
];

/// Looks at each beginning of a segment or a word.
fn files(text: &[u8], rules: &mut RuleSet) {
    let same =
        |given: u8, wanted: u8| given.eq_ignore_ascii_case(&wanted) || (wanted == b'/' && given == b'\\');
    let mut before = b'/';
    for (at, byte) in text.iter().enumerate() {
        if !before.is_ascii_alphanumeric()
            && matches!(*byte | 0x20, b'.' | b'b' | b'e' | b'g'..=b'i' | b'm' | b'p' | b's' | b'v' | b'w')
        {
            let rest = &text[at..];
            let is_file = |file: &&[u8]| {
                same(*byte, file[0])
                    && rest.len() >= file.len()
                    && rest.iter().zip(file.iter()).all(|(given, wanted)| same(*given, *wanted))
            };
            if FILES.iter().any(is_file) {
                rules.add(Rule::PathFile);
                return;
            }
        }
        before = *byte;
    }
}

const SCHEMES: &[&[u8]] = &[
    b"file://",
    b"php://",
    b"expect://",
    b"phar://",
    b"zip://",
    b"gopher://",
    b"dict://",
    b"jar:",
    b"netdoc:",
    b"ldap://",
    b"data://",
];

/// A scheme at the beginning of a value.
fn schemes(text: &[u8], rules: &mut RuleSet) {
    let text = text.trim_ascii_start();
    let begins =
        |scheme: &&[u8]| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    if SCHEMES.iter().any(|scheme| begins(scheme) && text.len() > scheme.len()) {
        rules.add(Rule::PathScheme);
    }
}
