//! Command injection, as a shell splits its line: separators, substitutions, programs.

use super::rule::{Rule, RuleSet};
use super::text::starts;

/// What a shell would run.
pub(super) fn detect(text: &[u8], rules: &mut RuleSet) {
    let is_sentence = text.contains(&b' ');
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b';' | b'|' | b'&' | b'\n' | b'\r' => chained(byte, rest, rules),
            b'`' => substituted(rest, b'`', is_sentence, rules),
            b'$' if rest.first() == Some(&b'(') => substituted(&rest[1..], b')', false, rules),
            b'$' if starts(rest, b"ifs") || starts(rest, b"{ifs") => rules.add(Rule::CommandSubstitution),
            b'(' if is_function(rest) => rules.add(Rule::CommandShellshock),
            b'/' | b'\\' => program(text, at - 1, rules),
            b'>' | b'<' if redirected(rest) => rules.add(Rule::CommandChain),
            b'{' if braced(rest) => rules.add(Rule::CommandChain),
            _ => {}
        }
    }
    // The beginning is one, too, where the value is a line of its own.
    opening(text, rules);
}

/// Commands that are no words.
const COMMANDS: &[&[u8]] = &[
    b"whoami",
    b"uname",
    b"netstat",
    b"ifconfig",
    b"ipconfig",
    b"wget",
    b"curl",
    b"nslookup",
    b"bash",
    b"printenv",
    b"systeminfo",
    b"powershell",
    b"pwsh",
    b"chmod",
    b"chown",
    b"mkfifo",
    b"mknod",
    b"xargs",
    b"ncat",
    b"socat",
    b"telnet",
    b"tftp",
    b"crontab",
    b"tcpdump",
    b"traceroute",
    b"tracert",
    b"sleep",
    b"ping",
    b"python",
    b"python3",
    b"perl",
    b"ruby",
    b"php",
    b"gcc",
    b"awk",
    b"sudo",
    b"lsof",
    b"dmesg",
    b"hostname",
    b"useradd",
    b"adduser",
    b"passwd",
    b"ssh",
    b"scp",
    b"ls",
    b"ksh",
    b"zsh",
    b"csh",
    b"cmd.exe",
    b"pwd",
    b"killall",
    b"tasklist",
    b"taskkill",
    b"certutil",
    b"regsvr32",
    b"wmic",
    b"rundll32",
    b"mshta",
    b"bitsadmin",
    b"getent",
    b"grep",
    b"egrep",
    b"sed",
    b"nmap",
    b"busybox",
    b"base64",
    b"nohup",
    b"phpinfo",
    b"xterm",
    b"reboot",
    b"uniq",
    b"tac",
];

/// Commands that are words or abbreviations, too.
const WORDS: &[&[u8]] = &[
    b"id",
    b"cat",
    b"ps",
    b"nc",
    b"su",
    b"rm",
    b"cp",
    b"mv",
    b"sh",
    b"cmd",
    b"kill",
    b"env",
    b"dir",
    b"head",
    b"tail",
    b"find",
    b"echo",
    b"touch",
    b"net",
    b"dig",
    b"host",
    b"tee",
    b"nl",
    b"od",
    b"true",
    b"false",
    b"exec",
    b"eval",
    b"system",
    b"shutdown",
    b"timeout",
    b"node",
    b"expr",
    b"df",
    b"du",
    b"wc",
    b"who",
    b"more",
    b"less",
    b"type",
    b"set",
    b"date",
    b"sort",
    b"del",
];

/// How much of a command a word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    Word,
}

/// The command that `text` begins with, and what follows it. Quotes and backslashes in it are passed over, as by a shell.
fn command(text: &[u8]) -> Option<(Kind, &[u8])> {
    let mut name = [0; 16];
    let mut length = 0;
    let mut at = 0;
    // Quotes may be the value's way out of a string.
    while text.get(at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'(' | b'{')) {
        at += 1;
    }
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\'' | b'"' | b'\\' | b'^' => {}
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' if length < name.len() => {
                name[length] = byte.to_ascii_lowercase();
                length += 1;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | 0x80.. => return None,
            _ => break,
        }
        at += 1;
    }
    let name = &name[..length];
    let kind = if COMMANDS.contains(&name) {
        Kind::Command
    } else if WORDS.contains(&name) {
        Kind::Word
    } else {
        return None;
    };
    Some((kind, text.get(at..).unwrap_or_default()))
}

/// What of a command's first argument is looked at: a host's name has no more bytes.
const LONGEST_WORD: usize = 256;

/// Whether what follows a command is what follows one on a line, and not in a sentence.
fn is_line(kind: Kind, rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let after = &rest[blanks..];
    match after.first() {
        None => true,
        Some(b';' | b'|' | b'&' | b'>' | b'<' | b'`' | b')' | b'}' | b'#' | b'\n' | b'\r' | b'$') => true,
        Some(b'"' | b'\'') => after.len() <= 3,
        Some(b'-' | b'+') => {
            blanks > 0 && after.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'-')
        }
        Some(b'/' | b'~' | b'.') => blanks > 0 && after.get(1).is_some_and(|b| !b.is_ascii_whitespace()),
        // A function of a script's language.
        Some(b'(') => blanks == 0,
        Some(b'0'..=b'9') => {
            // A count of seconds or an address ends the command; a count of things does not.
            let number = after.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
            let end = after[number..].trim_ascii_start();
            blanks > 0 && kind == Kind::Command && end.first().is_none_or(|b| b";|&`)#\"'".contains(b))
        }
        Some(_) if blanks == 0 => false,
        // A drive, a URL, a host.
        Some(_) => {
            // Many commands may stand in front of one long rest: no more than a host's name is looked at.
            let near = &after[..after.len().min(LONGEST_WORD)];
            let end = near.iter().position(|b| b" \t\r\n;|&<>\"'`)".contains(b)).unwrap_or(near.len());
            let word = &near[..end];
            let drive = matches!(word, [_, b':'] | [_, b':', b'\\' | b'/', ..]);
            let joins = |dot: &[u8]| {
                dot[1] == b'.' && dot[0].is_ascii_alphanumeric() && dot[2].is_ascii_alphanumeric()
            };
            drive || (kind == Kind::Command && (starts(word, b"http") || word.windows(3).any(joins)))
        }
    }
}

fn chained(separator: u8, rest: &[u8], rules: &mut RuleSet) {
    let doubled = rest.first() == Some(&separator);
    let rest = if doubled { &rest[1..] } else { rest };
    let Some((kind, follows)) = command(rest) else { return };
    // One `&` joins fields, and lines end in every letter.
    let weak = matches!(separator, b'\n' | b'\r') || (separator == b'&' && !doubled);
    // Up to the first letter: trimming would walk the blanks at the value's end for every separator.
    let ends = follows.iter().all(u8::is_ascii_whitespace);
    // Where people write, a blank follows the mark.
    let spoken = !doubled && kind == Kind::Word && rest.first() == Some(&b' ') && ends;
    rules.add(if is_line(kind, follows) && !(weak && ends) && !spoken {
        Rule::CommandChain
    } else {
        Rule::CommandWord
    });
}

/// In a sentence backticks mark a word, too.
fn substituted(rest: &[u8], end: u8, is_sentence: bool, rules: &mut RuleSet) {
    // A command's line in brackets is short.
    let rest = &rest[..rest.len().min(256)];
    let Some(close) = rest.iter().position(|b| *b == end) else { return };
    let inner = &rest[..close];
    let found = command(inner);
    if is_sentence && matches!(found, Some((Kind::Word, b""))) {
        rules.add(Rule::CommandWord);
    } else if found.is_some() || inner.trim_ascii_start().first() == Some(&b'/') {
        rules.add(Rule::CommandSubstitution);
    }
}

/// Bash's functions in a variable: `() {`.
fn is_function(rest: &[u8]) -> bool {
    let rest = rest.get(..rest.len().min(16)).unwrap_or_default();
    let mut marks = rest.iter().filter(|b| !b.is_ascii_whitespace());
    marks.next() == Some(&b')')
        && marks.next() == Some(&b'{')
        && rest.get(..6).is_some_and(|begin| begin.contains(&b'{'))
        && marks.next().is_some_and(|b| matches!(b, b':' | b'_' | b'}' | b'f' | b'e'))
}

/// Directories of programs, without their first separator.
const PROGRAMS: &[&[u8]] = &[
    b"bin/",
    b"sbin/",
    b"usr/bin/",
    b"usr/sbin/",
    b"usr/local/bin/",
    b"dev/tcp/",
    b"dev/udp/",
    b"dev/null",
    b"windows/system32/cmd",
];

fn program(text: &[u8], at: usize, rules: &mut RuleSet) {
    let before = at.checked_sub(1).map(|at| text[at]);
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'\\' | b'.')) {
        return;
    }
    let rest = &text[at + 1..];
    let same =
        |given: u8, wanted: u8| given.eq_ignore_ascii_case(&wanted) || (wanted == b'/' && given == b'\\');
    let found = PROGRAMS.iter().any(|program| {
        rest.len() > program.len() && rest.iter().zip(*program).all(|(given, wanted)| same(*given, *wanted))
    });
    if found || rest == b"dev/null" {
        rules.add(Rule::CommandProgram);
    }
}

fn redirected(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    [&b"/dev/"[..], b"/tmp/", b"/etc/", b"/var/", b"&1", b"(bash", b"(curl", b"(wget"]
        .iter()
        .any(|target| starts(rest, target))
}

/// `{cat,/etc/passwd}`
fn braced(rest: &[u8]) -> bool {
    let end = rest.iter().take(16).position(|b| *b == b',');
    end.is_some_and(|end| {
        command(&rest[..end]).is_some() && rest.get(end + 1).is_some_and(|b| matches!(b, b'/' | b'-' | b'.'))
    })
}

/// A value that is a line of a shell by itself: a command, then an option or a path from the root.
fn opening(text: &[u8], rules: &mut RuleSet) {
    let Some((_, rest)) = command(text) else { return };
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    let after = &rest[blanks..];
    if blanks > 0 && after.first() == Some(&b'/') && after.len() > 1 && after[1].is_ascii_lowercase() {
        rules.add(Rule::CommandWord);
    }
}
