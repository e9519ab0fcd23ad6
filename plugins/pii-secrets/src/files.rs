//! Secrets known by the file or system that wrote them: hashes of passwords, `.netrc`, bare keys, tokens by shape.
//!
//! Owns: these grammars. Must not know: prefixes of vendors (`forms`), keys in PEM form (`pem`).
//! Invariant: each reads a bounded stretch from the word or sign that it is asked about.

use pii_scan::text::{is_base64, is_word};
use pii_scan::value::stands_for_value;

use crate::kind::Kind;
use crate::scan::Scanner;

/// The beginnings of words that `on_head` judges, beside those of the other tables.
pub(crate) static HEADS: [&str; 15] =
    ["MII", "MIG", "MHc", "MC4", "bot", "atl", "SSH", "SMD", "CRY", "pbk", "mac", "def", "Pri", "543", "643"];

const HASH_MAX_BYTES: usize = 512;

/// Judges a word that begins like one of `HEADS`.
pub(crate) fn on_head(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    match text.slice(start, start + 3) {
        b"MII" | b"MIG" | b"MHc" | b"MC4" => bare_key(scanner, start),
        b"bot" => {
            let digits = start + 3;
            let all = text.slice(digits, end).iter().all(u8::is_ascii_digit);
            if all && let Some(stop) = crate::tokens::telegram(text, end) {
                scanner.report(digits, stop, Kind::VendorToken, 0.95);
            }
        }
        b"atl" if text.slice(start, end) == b"atlasv1" && text.at(end) == b'.' && text.before(start, 1) == b'.' => {
            // Terraform: 14 letters, `.atlasv1.`, 60 more.
            let begin = text.run_back(start - 1, 14, |byte| byte.is_ascii_alphanumeric());
            let stop = text.run(end + 1, 80, |byte| is_word(byte) || byte == b'-');
            if start - 1 - begin == 14 && stop - end > 60 {
                scanner.report(begin, stop, Kind::VendorToken, 0.99);
            }
        }
        b"SSH" | b"SMD" | b"CRY" if text.before(start, 1) == b'{' && text.at(end) == b'}' => {
            // `{SSHA}` of LDAP.
            let stop = text.run(end + 1, HASH_MAX_BYTES, |byte| is_base64(byte) || matches!(byte, b'=' | b'.' | b'$'));
            if stop - end > 13 {
                scanner.report(start - 1, stop, Kind::Password, 0.95);
            }
        }
        b"mac" | b"def" if matches!(text.slice(start, end), b"machine" | b"default") => netrc(scanner, end),
        b"Pri" if text.starts_with(start, b"Private-Lines: ") => putty(scanner, start + 15),
        b"pbk" if text.slice(start, end).starts_with(b"pbkdf2_") && text.at(end) == b'$' => hash(scanner, start, end),
        _ => {}
    }
}

/// A private key in base64 without its frame.
fn bare_key(scanner: &mut Scanner<'_>, start: usize) {
    // PKCS#8 of RSA, EC and Ed25519, SEC1, and PKCS#1 behind its four bytes of lengths.
    const WHOLE: [&[u8]; 5] =
        [b"MHcCAQEEI", b"MIGkAgEBBD", b"MIGHAgEAMBMGByqGSM49", b"MIG2AgEAMBAGByqGSM49", b"MC4CAQAwBQYDK2Vw"];
    let text = scanner.text;
    if is_base64(text.before(start, 1)) && text.before(start, 1) != b'/' {
        return;
    }
    let rsa = text.starts_with(start, b"MII")
        && (text.starts_with(start + 6, b"IBADANBgkqhkiG9w0BAQEF") || text.starts_with(start + 6, b"IBAAK"));
    if rsa || WHOLE.iter().any(|head| text.starts_with(start, head)) {
        let end = scanner.token_ends.base64.from(text, start);
        let end = text.run(end, 2, |byte| byte == b'=');
        if end - start >= 60 {
            scanner.report(start, end, Kind::PrivateKey, 0.95);
        }
    }
}

/// What follows `machine` or `default`: `HOST login USER password SECRET`, in one line or several.
fn netrc(scanner: &mut Scanner<'_>, name_end: usize) {
    const WORD_MAX: usize = 128;
    let text = scanner.text;
    let is_machine = text.before(name_end, 1) == b'e';
    // The next word and its end.
    let word_behind = |at: usize| {
        let start = text.run(at, 16, |byte| byte <= b' ' && byte != 0);
        (start, text.run(start, WORD_MAX, |byte| byte > b' '))
    };
    let host_end = if is_machine { word_behind(name_end).1 } else { name_end };
    let (login, login_end) = word_behind(host_end);
    if text.slice(login, login_end) != b"login" {
        return;
    }
    let (_, user_end) = word_behind(login_end);
    let (password, password_end) = word_behind(user_end);
    if text.slice(password, password_end) != b"password" {
        return;
    }
    let (value, _) = word_behind(password_end);
    let stop = text.run(value, HASH_MAX_BYTES, |byte| byte > b' ' && byte != b'\\' && byte != b'"');
    scanner.report(value, stop, Kind::Password, 0.95);
}

/// Judges a tilde: the sign in a client's secret of Azure.
pub(crate) fn on_tilde(scanner: &mut Scanner<'_>, at: usize) {
    if scanner.text.before(at, 1) == b'Q' {
        azure_client_secret(scanner, at);
    }
}

/// Three characters, `7Q~` or `8Q~`, and 31 to 34 more.
fn azure_client_secret(scanner: &mut Scanner<'_>, q: usize) {
    let text = scanner.text;
    let within = |byte: u8| is_word(byte) || matches!(byte, b'~' | b'.' | b'-');
    let begin = q.saturating_sub(5);
    let end = text.run(q + 1, 35, within);
    let first = text.slice(begin, q);
    if first.len() == 5
        && first.iter().all(|byte| within(*byte))
        && !is_word(text.before(begin, 1))
        && matches!(text.at(q - 2), b'7' | b'8')
        && (31..=34).contains(&(end - q - 1))
    {
        scanner.report(begin, end, Kind::CloudToken, 0.98);
    }
}

/// Judges a number that may be the port in a line of `.pgpass`: `host:port:database:user:password` and nothing else.
///
/// The port is one of PostgreSQL or of a pool before it: other numbers between colons are in every log.
pub(crate) fn pgpass(scanner: &mut Scanner<'_>, port: usize, port_end: usize) {
    const FIELD_MAX: usize = 253;
    let text = scanner.text;
    if text.before(port, 1) != b':' || text.at(port_end) != b':' || port_end - port != 4 {
        return;
    }
    let in_field = |byte: u8| byte > b' ' && !matches!(byte, b':' | b'"' | b'\'' | b'=' | b'/' | b'@' | b'(' | b'[');
    let host = text.run_back(port - 1, FIELD_MAX, in_field);
    let begins_line = matches!(text.before(host, 1), b'\n' | 0);
    let database = text.run(port_end + 1, FIELD_MAX, in_field);
    let user = text.run(database + 1, FIELD_MAX, in_field);
    let fields = text.at(database) == b':' && text.at(user) == b':' && database > port_end + 1 && user > database + 1;
    if host + 1 == port || !begins_line || !fields {
        return;
    }
    // A colon in a password is escaped.
    let end = text.run(user + 1, HASH_MAX_BYTES, |byte| byte > b' ');
    let bytes = text.slice(user + 1, end);
    let colons = bytes.array_windows::<2>().any(|pair| pair[1] == b':' && pair[0] != b'\\');
    let ends_line = matches!(text.at(end), b'\n' | b'\r' | 0);
    if bytes.len() > 1 && bytes.first() != Some(&b':') && !colons && ends_line && !stands_for_value(bytes) {
        scanner.report(user + 1, end, Kind::Password, 0.9);
    }
}

/// The lines of a private key of PuTTY, as many as are announced.
fn putty(scanner: &mut Scanner<'_>, number: usize) {
    const LINES_MAX: usize = 64;
    const LINE_MAX: usize = 80;
    let text = scanner.text;
    let number_end = text.run(number, 3, |byte| byte.is_ascii_digit());
    let lines = text.slice(number, number_end).iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    let start = text.run(number_end, 2, |byte| byte == b'\r' || byte == b'\n');
    let mut end = start;
    for _ in 0..lines.min(LINES_MAX) {
        let from = text.run(end, 2, |byte| byte == b'\r' || byte == b'\n');
        let to = text.run(from, LINE_MAX, |byte| is_base64(byte) || byte == b'=');
        if to == from {
            break;
        }
        end = to;
    }
    if end - start >= 32 {
        scanner.report(start, end, Kind::PrivateKey, 0.98);
    }
}

/// Judges a word of 16 bytes or more: tokens with a shape and no prefix.
pub(crate) fn on_long_word(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let hex = |from: usize, max: usize| text.run(from, max, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) - from;
    if end - start == 32 && text.at(end) == b'-' && hex(start, 32) == 32 {
        // Mailchimp: the data centre behind the key. Mailgun: two more groups.
        if text.starts_with(end + 1, b"us") {
            let stop = text.run(end + 3, 3, |byte| byte.is_ascii_digit());
            if (1..=2).contains(&(stop - end - 3)) && !is_word(text.at(stop)) {
                scanner.report(start, stop, Kind::VendorToken, 0.95);
            }
        } else if hex(end + 1, 9) == 8
            && text.at(end + 9) == b'-'
            && hex(end + 10, 9) == 8
            && !is_word(text.at(end + 18))
        {
            scanner.report(start, end + 18, Kind::VendorToken, 0.95);
        }
    }
    if matches!(text.at(start), b'M' | b'N' | b'O') {
        discord_bot(scanner, start);
    }
}

/// The id of the bot in base64, the time, the proof.
fn discord_bot(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let part = |from: usize, max: usize| text.run(from, max, |byte| is_word(byte) || byte == b'-');
    let id = part(start, 29);
    let time = part(id + 1, 7);
    let end = part(time + 1, 41);
    let dots = text.at(id) == b'.' && text.at(time) == b'.';
    if dots && (23..=28).contains(&(id - start)) && time - id == 7 && (27..=40).contains(&(end - time - 1)) {
        scanner.report(start, end, Kind::VendorToken, 0.95);
    }
}

/// Judges a dollar sign: the hash of a password in the modular crypt format, `$6$salt$hash`.
pub(crate) fn on_dollar(scanner: &mut Scanner<'_>, at: usize) {
    const NAMES: [&[u8]; 22] = [
        b"1",
        b"2",
        b"2a",
        b"2b",
        b"2x",
        b"2y",
        b"5",
        b"6",
        b"7",
        b"8",
        b"9",
        b"y",
        b"gy",
        b"apr1",
        b"sha1",
        b"md5",
        b"argon2i",
        b"argon2d",
        b"argon2id",
        b"scrypt",
        b"P",
        b"H",
    ];
    let text = scanner.text;
    let before = text.before(at, 1);
    if is_word(before) || matches!(before, b'$' | b'.' | b'/') {
        return;
    }
    let name_end = text.run(at + 1, 20, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let name = text.slice(at + 1, name_end);
    let named = NAMES.contains(&name) || name.starts_with(b"pbkdf2") || name.starts_with(b"bcrypt");
    if named && text.at(name_end) == b'$' {
        hash(scanner, at, name_end);
    }
}

/// Reports a hash from `start` if what goes on at the dollar sign is long enough and made by chance.
fn hash(scanner: &mut Scanner<'_>, start: usize, dollar: usize) {
    let text = scanner.text;
    let end = text.run(dollar, HASH_MAX_BYTES, |byte| is_base64(byte) || matches!(byte, b'$' | b'.' | b'=' | b','));
    let bytes = text.slice(dollar, end);
    if bytes.len() >= 22 && bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic) {
        scanner.report(start, end, Kind::Password, 0.95);
    }
}

/// Judges the sign of `user:password@tcp(host:port)`, as the Go driver of MySQL writes it, and of `jdbc:oracle:thin:`.
pub(crate) fn on_driver_address(scanner: &mut Scanner<'_>, sign: usize) {
    let text = scanner.text;
    let go = text.starts_with(sign + 1, b"tcp(") || text.starts_with(sign + 1, b"unix(");
    let reads = |byte: u8| byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'=' | b'<' | b'@');
    if go {
        let start = text.run_back(sign, 256, reads);
        if text.slice(start, sign).contains(&b':') {
            scanner.report(start, sign, Kind::ConnectionString, 0.95);
        }
        return;
    }
    // `jdbc:oracle:thin:ada/secret@//db:1521/x`
    let start = text.run_back(sign, 128, reads);
    let before = text.slice(start, sign);
    if let Some(user) = before.windows(5).rposition(|window| window == b"thin:").map(|at| start + at + 5)
        && text.slice(user, sign).contains(&b'/')
    {
        scanner.report(user, sign, Kind::ConnectionString, 0.95);
    }
}

#[cfg(test)]
mod tests {
    use crate::detect;

    /// Checks that exactly the parts between `«` and `»` are found.
    #[track_caller]
    fn check(marked: &str) {
        let text = marked.replace(['«', '»'], "");
        let wanted: Vec<&str> = marked.split('«').skip(1).filter_map(|part| part.split('»').next()).collect();
        let found: Vec<&str> = detect(&text).iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(found, wanted, "{text}");
    }

    fn chance(length: usize) -> String {
        "a7Kx9Bq3Zm5Wt1Rp".chars().cycle().take(length).collect()
    }

    #[test]
    fn hashes_of_passwords() {
        check(&format!("root:«$6${}${}»:19000:0", chance(8), chance(86)));
        check(&format!("hash='«$2b$12${}»'", chance(53)));
        check(&format!("ada:«$apr1${}${}»", chance(8), chance(22)));
        check(&format!("x «$argon2id$v=19$m=65536,t=3,p=4${}${}»", chance(22), chance(43)));
        check(&format!("pw «pbkdf2_sha256$260000${}${}=»", chance(12), chance(43)));
        check(&format!("userPassword: «{{SSHA}}{}»", chance(32)));
        check("cost $1 and $2, $6$ and $PATH, ${HOME}, a$6$b");
        check("{SSHA} is a scheme, pbkdf2_sha256 as well");
    }

    #[test]
    fn netrc_in_one_line_and_in_several() {
        check("machine h.example login ada password «hunter2»\n");
        check("machine h.example\n  login ada\n  password «hunter2»\n");
        check("default login ada password «hunter2»");
        check("the machine asks for login and password again");
        check("login with password hunter");
    }

    #[test]
    fn lines_of_pgpass() {
        check("db.internal:5432:shop:app:«hunter2»\n*:6432:*:app:«a\\:b»\r\n");
        check("# passwords\ndb:5432:shop:app:«xyz»");
        for line in [
            "db:5432:shop:app:",
            "db:5432:shop:app:****",
            "db:5432:shop:app:a:b",
            "db:5432:shop:app:two words",
            "at db:5432:shop:app:hunter2",
            "db:5431x:shop:app:hunter2",
            "db:8080:shop:app:hunter2",
            "db:5432:shop",
            "db:5432::app:hunter2",
            ":5432:shop:app:hunter2",
            "2026-11-21 10:15:54 5432:shop:app:hunter2",
        ] {
            check(line);
        }
    }

    #[test]
    fn keys_without_their_frame() {
        check(&format!("key=\"«MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{}»\"", chance(400)));
        check(&format!("key «MIIEpAIBAAKCAQEA{}==» end", chance(400)));
        check(&format!("key «MHcCAQEEI{}» end", chance(100)));
        check(&format!("cert MIIDazCCAlOgAwIBAgIU{} end", chance(400)));
        check(&format!("public MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A{} end", chance(300)));
        check(&format!("Private-Lines: 2\n«{0}\n{0}»\nPrivate-MAC: 00", chance(64)));
        check(&format!("Public-Lines: 1\n{}\n", chance(64)));
    }

    #[test]
    fn tokens_by_shape() {
        let hex = "0123456789abcdef0123456789abcdef";
        check(&format!("id «{hex}-us12» x"));
        check(&format!("id «{hex}-01234567-89abcdef» x"));
        check(&format!("id {hex}-usa x, {hex}-0123 x"));
        check(&format!("a «M{}.{}.{}» b", chance(23), chance(6), chance(27)));
        check(&format!("a M{}.{}.{} b", chance(23), chance(5), chance(27)));
        check(&format!("t «{}.atlasv1.{}» x", chance(14), chance(64)));
        check(&format!("t {}.atlasv1.{} x", chance(13), chance(64)));
        check(&format!("s=«{}8Q~{}» x", &chance(3), chance(34)));
        check(&format!("s={}8Q~{} x", &chance(3), chance(20)));
        check(&format!("https://api.telegram.org/bot«123456789:AA{}»/x", chance(33)));
        check(&format!("123456789:AA{} 123456789:BB{}", chance(30), chance(33)));
    }

    #[test]
    fn addresses_of_drivers() {
        check("dsn=«ada:secret»@tcp(db:3306)/x");
        check("dsn=ada@tcp(db:3306)/x");
        check("jdbc:oracle:thin:«ada/secret»@//db:1521/x");
        check("jdbc:oracle:thin:@db:1521:x");
    }
}
