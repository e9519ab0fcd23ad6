//! Host names: by an internal or fully qualified form, or as the value of a name such as `rhost=`.
//!
//! Owns: which dotted words are hosts. File names, classes, packages and well-known public sites are not.
//! Invariant: reads at most `NAME_MAX_BYTES` from the start of the name.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{DIGIT, LETTER, PairSet, Text, Words, class, is_word};
use pii_scan::value::{Separator, Value, stands_for_value};
use pii_scan::words::escape_len;

const NAME_MAX_BYTES: usize = 253;

/// Last labels that no public name has.
const INTERNAL: [&[u8]; 12] = [
    b"internal",
    b"corp",
    b"local",
    b"lan",
    b"intra",
    b"intranet",
    b"localdomain",
    b"private",
    b"home",
    b"lab",
    b"localnet",
    b"consul",
];

/// Last labels of the public tree that are not also endings of files, packages or methods.
const PUBLIC: [&[u8]; 50] = [
    b"com", b"net", b"org", b"edu", b"gov", b"mil", b"info", b"biz", b"de", b"fr", b"uk", b"nl", b"jp", b"tw", b"br",
    b"ru", b"cn", b"kr", b"es", b"se", b"no", b"fi", b"dk", b"at", b"ch", b"be", b"cz", b"pl", b"hu", b"gr", b"tr",
    b"il", b"in", b"id", b"vn", b"th", b"my", b"sg", b"hk", b"au", b"nz", b"ca", b"us", b"mx", b"ar", b"za", b"eu",
    b"ua", b"ro", b"pt",
];

/// Sites that everybody's logs name and nobody is found by: archives, standards, vendors' documentation.
const WELL_KNOWN: [&str; 20] = [
    "w3.org",
    "ietf.org",
    "xmlsoap.org",
    "apache.org",
    "github.com",
    "githubusercontent.com",
    "kernel.org",
    "docker.com",
    "python.org",
    "npmjs.org",
    "npmjs.com",
    "debian.org",
    "ubuntu.com",
    "rust-lang.org",
    "mozilla.org",
    "microsoft.com",
    "oracle.com",
    "googleapis.com",
    "golang.org",
    "maven.org",
];

/// First labels of packages, whose last label may look like a public one.
const PACKAGES: [&[u8]; 12] =
    [b"com", b"org", b"net", b"io", b"java", b"javax", b"edu", b"gov", b"sun", b"jdk", b"kotlin", b"scala"];

/// Letters, digits, `-` and `.`.
#[inline]
fn in_name(byte: u8) -> bool {
    class(byte) & (LETTER | DIGIT) != 0 || matches!(byte, b'-' | b'.')
}

/// The first two letters of every last label.
static LABELS: PairSet = {
    let mut set = PairSet::empty();
    let mut index = 0;
    while index < INTERNAL.len() {
        set = set.with(INTERNAL[index][0], INTERNAL[index][1]);
        index += 1;
    }
    index = 0;
    while index < PUBLIC.len() {
        set = set.with(PUBLIC[index][0], PUBLIC[index][1]);
        index += 1;
    }
    set
};

/// Judges a word behind a dot, perhaps the last label of a name.
#[inline]
pub(crate) fn on_label(scanner: &mut Scanner<'_>, start: usize, end: usize, next: u8) {
    let text = scanner.text;
    if (2..=11).contains(&(end - start))
        && LABELS.may_hold(text.at(start), text.at(start + 1))
        && !(matches!(next, b'.' | b'-') && text.at(end + 1).is_ascii_alphanumeric())
    {
        on_last_label(scanner, start);
    }
}

/// Goes back from what may be the last label to the beginning of its name.
fn on_last_label(scanner: &mut Scanner<'_>, label: usize) {
    let text = scanner.text;
    let mut start = text.run_back(label, NAME_MAX_BYTES, in_name);
    if matches!(text.before(start, 1), b'\\' | b'%' | b'[') {
        start += escape_len(text, start, text.run(start, 8, is_word));
    }
    if !is_word(text.at(start)) || !may_begin(text.before(start, 1)) {
        return;
    }
    let first_end = text.run(start, NAME_MAX_BYTES, |byte| class(byte) & (LETTER | DIGIT) != 0);
    let digits_only = text.slice(start, first_end).iter().all(u8::is_ascii_digit);
    // Numbers before a dot are mostly addresses and fractions, four digits before a hyphen a year.
    let begins = match text.at(first_end) {
        b'.' => !digits_only || text.at(first_end + 1).is_ascii_alphabetic(),
        _ => !digits_only || first_end - start != 4,
    };
    if begins {
        on_dotted_word(scanner, start);
    }
}

/// Judges a run of letters, digits, hyphens and dots that begins at `start`.
fn on_dotted_word(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let mut end = text.run(start, NAME_MAX_BYTES + 1, in_name);
    if end - start > NAME_MAX_BYTES || text.at(end) == b'_' {
        return;
    }
    while end > start && matches!(text.before(end, 1), b'.' | b'-') {
        end -= 1;
    }
    let name = text.slice(start, end);
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return };
    let last = name.get(dot + 1..).unwrap_or(&[]);
    // A call (`socket.local(`), a path below (`net.corp/…` in a package) or a mail's domain is judged elsewhere or never.
    if text.at(end) == b'(' || text.at(end) == b'@' || !(2..=11).contains(&last.len()) {
        return;
    }
    let contained = |list: &[&[u8]]| list.iter().any(|entry| last.eq_ignore_ascii_case(entry));
    let labels = name.iter().filter(|byte| **byte == b'.').count() + 1;
    if contained(&INTERNAL) {
        // `settings.local` is a file as well: two labels need a digit or a hyphen to be a host.
        let first = name.get(..dot).unwrap_or(&[]);
        let shaped = labels > 2
            || first.iter().any(|byte| byte.is_ascii_digit() || *byte == b'-')
            || !matches!(last, b"local" | b"home" | b"private" | b"lab" | b"internal");
        if shaped && !is_package(name) && has_case_of_host(name) {
            scanner.report(start, end, Kind::Hostname, 0.85);
        }
    } else if contained(&PUBLIC)
        && labels >= 3
        && !is_package(name)
        && has_case_of_host(name)
        && !is_well_known(name)
        && !is_file(name, last)
    {
        scanner.report(start, end, Kind::Hostname, 0.7);
    }
}

/// `config.h.in` and `update-rc.d.pl` are files: templates and scripts.
fn is_file(name: &[u8], last: &[u8]) -> bool {
    const BEFORE_IN: [&[u8]; 16] = [
        b"h", b"c", b"pc", b"am", b"ac", b"m4", b"sh", b"py", b"rc", b"conf", b"cfg", b"spec", b"xml", b"html", b"txt",
        b"desktop",
    ];
    let before = name.rsplit(|byte| *byte == b'.').nth(1).unwrap_or(&[]);
    match last {
        b"in" => BEFORE_IN.contains(&before),
        b"pl" => before.len() == 1,
        _ => false,
    }
}

fn is_package(name: &[u8]) -> bool {
    let first = name.split(|byte| *byte == b'.').next().unwrap_or(&[]);
    PACKAGES.iter().any(|root| first.eq_ignore_ascii_case(root))
}

/// Names of hosts have one case; `Foo.bar.Net` is a class. Every label holds something.
fn has_case_of_host(name: &[u8]) -> bool {
    let (mut lower, mut upper, mut empty, mut previous) = (false, false, false, 0);
    for byte in name {
        lower |= byte.is_ascii_lowercase();
        upper |= byte.is_ascii_uppercase();
        empty |= *byte == b'.' && previous == b'.';
        previous = *byte;
    }
    lower != upper && !empty
}

fn is_well_known(name: &[u8]) -> bool {
    let site = |prefix: &[u8]| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    site(b"www.")
        || site(b"docs.")
        || matches!(name.last(), Some(b'g' | b'G' | b'm' | b'M'))
            && WELL_KNOWN.iter().any(|known| {
                name.len()
                    .checked_sub(known.len())
                    .and_then(|at| name.get(at..))
                    .is_some_and(|end| end.eq_ignore_ascii_case(known.as_bytes()))
            })
}

/// Judges the value behind `host=`, `rhost:` and the like.
pub(crate) fn on_named_host(scanner: &mut Scanner<'_>, name_end: usize, value: Value) {
    let text = scanner.text;
    let end = text.run(value.start, NAME_MAX_BYTES, |byte| in_name(byte) || byte == b'_');
    let mut end = end.min(value.end);
    while end > value.start && matches!(text.before(end, 1), b'.' | b'-') {
        end -= 1;
    }
    let name = text.slice(value.start, end);
    let next = text.at(end);
    let letters = name.iter().any(u8::is_ascii_alphabetic);
    if name.len() < 2
        || !letters
        || is_state(name)
        || stands_for_value(name)
        || next == b'/' && !name.contains(&b'.')
        || next == b'('
    {
        return;
    }
    // `server: starting`, `node=leader`, `host: unreachable`: a plain word needs an unmistakable name and `=`.
    let shaped = name.iter().any(|byte| byte.is_ascii_digit() || *byte == b'.' || *byte == b'-');
    let certain = value.separator == Separator::Equals && ends_with_host(text, name_end);
    let dotted_file = name.contains(&b'.') && !shaped_as_domain(name);
    if (shaped && !dotted_file && starts_as_host(name)) || (certain && !name.contains(&b'.')) {
        scanner.report(value.start, end, Kind::Hostname, 0.75);
    }
}

fn ends_with_host(text: Text<'_>, name_end: usize) -> bool {
    text.starts_with_ignoring_case(name_end.saturating_sub(4), b"host")
        || text.starts_with_ignoring_case(name_end.saturating_sub(8), b"hostname")
}

/// The last label holds letters only: `1.2.3` and `app-1.2` are versions.
fn shaped_as_domain(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or(&[]);
    last.len() >= 2 && last.iter().any(u8::is_ascii_alphabetic) && last.first().is_some_and(u8::is_ascii_alphanumeric)
}

fn starts_as_host(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_state(name: &[u8]) -> bool {
    static STATES: Words = Words::new(&[
        // `hostname:amd64` is a package of that name.
        b"amd64",
        b"arm64",
        b"armhf",
        b"i386",
        b"x86_64",
        b"noarch",
        b"localhost",
        b"unknown",
        b"true",
        b"false",
        b"null",
        b"none",
        b"any",
        b"all",
        b"up",
        b"down",
        b"ok",
        b"unreachable",
        b"localhost.localdomain",
        b"default",
        b"self",
        b"undefined",
    ]);
    STATES.hold(name)
}

/// Tells by the byte before a word whether it may begin a dotted name.
fn may_begin(previous: u8) -> bool {
    !is_word(previous) && !matches!(previous, b'.' | b'-' | b'@' | b'$' | b'#')
}
