//! Reads addresses, and says what a path can mean to the servers behind it. Pure.
//!
//! Invariants: a [`Target`] is http or https, has no user-info and no fragment, and its host is an IP literal in
//! canonical form or a name of `a-z 0-9 - _ .` without a trailing dot.

use url::{Host, Position, Url};

use crate::error::{NetError, Rule};

/// Longest address: what servers commonly take.
const URL_BYTES_MAX: usize = 8 << 10;
/// How often a path is decoded before it is refused: no honest path is encoded three times.
const DECODE_ROUNDS_MAX: usize = 3;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", if self.https { "https" } else { "http" }, self.host, self.port)
    }
}

/// An address that was read and is well-formed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    /// As a name or a literal without brackets, for records and look-up.
    pub(crate) host: String,
}

impl Target {
    /// Reads an address by the WHATWG rules, which turn every spelling of an IP literal into one.
    pub(crate) fn parse(text: &str) -> Result<Self, NetError> {
        if text.len() > URL_BYTES_MAX {
            return Err(NetError::TooLarge { what: "the address", bytes_max: URL_BYTES_MAX as u64 });
        }
        // The rules would drop tabs and line ends silently; two readers of one text must not differ.
        if text.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return Err(NetError::invalid("the address holds a space or a control character"));
        }
        let url = Url::parse(text).map_err(|_| NetError::invalid("the address can't be read"))?;
        Self::from_url(url)
    }

    /// Resolves what a `Location` header says.
    pub(crate) fn join(&self, location: &str) -> Result<Self, NetError> {
        let url = self.url.join(location).map_err(|_| NetError::invalid("the redirect's address can't be read"))?;
        Self::parse(url.as_str())
    }

    fn from_url(mut url: Url) -> Result<Self, NetError> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(NetError::invalid("the address is neither http nor https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NetError::invalid("the address holds a user name or password"));
        }
        let host = url.host().ok_or_else(|| NetError::invalid("the address has no host"))?.to_owned();
        let name = match &host {
            Host::Domain(name) => plain_name(name)?.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port_or_known_default().ok_or_else(|| NetError::invalid("the address has no port"))?;
        if url.fragment().is_some() {
            url.set_fragment(None);
        }
        Ok(Self { origin: Origin { https, host, port }, host: name, url })
    }

    /// Whether this address, as a grant or an audience names it, has the target's origin. One that is written as the
    /// rules would write it is not read again.
    pub(crate) fn is_of(&self, origin: &str) -> bool {
        let own = &self.url[..Position::BeforePath];
        let as_written = origin.strip_suffix('/').unwrap_or(origin) == own;
        as_written || Self::parse(origin).is_ok_and(|other| other.origin == self.origin)
    }

    /// Path and query, percent-decoded once, for the scan.
    pub(crate) fn decoded(&self) -> String {
        let mut text = self.url.path().to_owned();
        if let Some(query) = self.url.query() {
            text.push('?');
            text.push_str(&query.replace('+', " "));
        }
        String::from_utf8_lossy(&percent_decode(&text)).into_owned()
    }
}

/// A trailing dot makes a second name for one host (other certificate, other cookie, other grant); odd characters
/// would reach the command that a denial prints for pasting.
fn plain_name(name: &str) -> Result<&str, NetError> {
    if name.ends_with('.') {
        return Err(NetError::invalid("the host name ends with a dot"));
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) {
        return Err(NetError::invalid("the host name holds a character that names don't have"));
    }
    Ok(name)
}

/// The segments of a path.
pub(crate) type Segments = Vec<String>;

/// A path prefix of a grant, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    literal: Segments,
    decoded: Segments,
}

impl Prefix {
    /// Reads the path of an address that a grant's prefix was joined into.
    pub(crate) fn new(path: &str) -> Result<Self, Rule> {
        let decoded = readings(path)?.pop().unwrap_or_default();
        Ok(Self { literal: path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect(), decoded })
    }

    /// Whether every reading of `path` begins with all segments of the prefix.
    pub(crate) fn covers(&self, path: &str) -> Result<bool, Rule> {
        Self::any_covers(std::slice::from_ref(self), path)
    }

    /// Whether one of some prefixes covers `path`, which is read once.
    pub(crate) fn any_covers(prefixes: &[Self], path: &str) -> Result<bool, Rule> {
        let mut read = None;
        for prefix in prefixes.iter().filter(|prefix| prefix.is_literally_before(path)) {
            let readings = match read.take() {
                Some(readings) => readings,
                None => readings(path)?,
            };
            if readings.iter().all(|reading| reading.starts_with(&prefix.decoded)) {
                return Ok(true);
            }
            read = Some(readings);
        }
        Ok(false)
    }

    fn is_literally_before(&self, path: &str) -> bool {
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        self.literal.iter().all(|wanted| segments.next() == Some(wanted))
    }
}

/// What servers can take a path for: decoded once, twice…, each with `;parameters` stripped (Tomcat), backslashes as
/// slashes (Windows), empty segments collapsed (nginx) and dot segments applied. The last is decoded to the end.
fn readings(path: &str) -> Result<Vec<Segments>, Rule> {
    let mut all = Vec::with_capacity(1);
    let mut text = path.to_owned();
    for _ in 0..DECODE_ROUNDS_MAX {
        // Overlong forms such as %c0%ae are dots to some decoders; none of them is UTF-8.
        let decoded =
            String::from_utf8(percent_decode(&text)).map_err(|_| Rule::PathForm("does not decode to UTF-8"))?;
        if decoded.chars().any(char::is_control) {
            return Err(Rule::PathForm("holds an encoded control character"));
        }
        all.push(applied(&decoded));
        if decoded == text {
            return Ok(all);
        }
        text = decoded;
    }
    if percent_decode(&text) == text.as_bytes() { Ok(all) } else { Err(Rule::PathForm("is encoded too many times")) }
}

fn applied(text: &str) -> Segments {
    let mut segments: Segments = Vec::new();
    for part in text.split(['/', '\\']) {
        match part.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment.to_owned()),
        }
    }
    segments
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |i: usize| bytes.get(at + i).and_then(|&b| char::from(b).to_digit(16));
        let value = if byte == b'%' { digit(1).zip(digit(2)) } else { None };
        match value.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(prefix: &str, path: &str) -> Result<bool, Rule> {
        let target = Target::parse(&format!("https://h.example{path}")).expect("the test names an address");
        Prefix::new(prefix)?.covers(target.url.path())
    }

    #[test]
    fn every_spelling_of_an_address_is_read_as_one() {
        for (text, host) in [
            ("http://127.1/", "127.0.0.1"),
            ("http://0x7f000001/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://%31%32%37.1/", "127.0.0.1"),
            ("http://[::FFFF:A00:1]/", "::ffff:10.0.0.1"),
            ("https://EXAMPLE.com/", "example.com"),
            ("https://bücher.example/", "xn--bcher-kva.example"),
        ] {
            assert_eq!(Target::parse(text).map(|t| t.host), Ok(host.to_owned()), "{text}");
        }
    }

    #[test]
    fn addresses_that_two_readers_would_read_differently_are_refused() {
        for text in [
            "",
            "/rest",
            "ftp://h.example/",
            "file:///etc/passwd",
            "https://user@h.example/",
            "https://user:pw@h.example/",
            "https://:pw@h.example/",
            "https://h.example./",
            "https://h.exa\tmple/",
            "https://h.example/\r\nx: y",
            " https://h.example/",
            "https://h;id.example/",
            "https://h$(id).example/",
        ] {
            assert!(Target::parse(text).is_err(), "{text:?}");
        }
        let long = |n: usize| format!("https://h.example/{}", "a".repeat(n - 18));
        assert!(Target::parse(&long(URL_BYTES_MAX)).is_ok());
        assert!(Target::parse(&long(URL_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_prefix_covers_whole_segments() {
        for prefix in ["/rest", "/rest/"] {
            for path in
                ["/rest", "/rest/", "/rest/a", "/rest/a%20b", "/rest/group%2Fproject", "/rest/a;v=1", "/rest/./x"]
            {
                assert_eq!(covers(prefix, path), Ok(true), "{prefix} {path}");
            }
            for path in ["/", "/restricted", "/REST/a", "/a/rest", "//rest/a", "/;/rest/a"] {
                assert_eq!(covers(prefix, path), Ok(false), "{prefix} {path}");
            }
        }
        assert_eq!(covers("/a%20b/", "/a%20b/c"), Ok(true));
        assert_eq!(covers("/", "/anything"), Ok(true));
    }

    #[test]
    fn no_spelling_climbs_out_of_a_prefix() {
        for path in [
            "/rest/../admin",
            "/rest/%2e%2e/admin",
            "/rest/.%2E/admin",
            "/rest/..%2fadmin",
            "/rest/%2e%2e%2fadmin",
            "/rest/..%5cadmin",
            "/rest/..;/admin",
            "/rest/..;a=b/admin",
            "/rest/%252e%252e/admin",
            "/rest/%252e%252e%252fadmin",
            "/rest/x/..%2f..%2fadmin",
            "/rest//..%2fadmin",
            "/rest\\..\\admin",
        ] {
            assert_eq!(covers("/rest", path), Ok(false), "{path}");
        }
        for path in ["/rest/%c0%ae%c0%ae/admin", "/rest/%00", "/rest/%25252525", "/rest/a%0d%0ab"] {
            assert!(matches!(covers("/rest", path), Err(Rule::PathForm(_))), "{path}: {:?}", covers("/rest", path));
        }
    }
}
