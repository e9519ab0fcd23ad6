//! Owns reading the request and the status out of an access line. Knows nothing about what a status means.

/// How much of a line is searched for the request: long paths are cut off by servers at about this length.
const REQUEST_BYTES: usize = 4096;

/// One request as an access line records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) status: u16,
    pub(crate) path: &'a [u8],
}

/// Reads `"GET /path HTTP/1.1" 502 …` and `"GET /path HTTP/1.1" status: 502 …`.
pub(crate) fn parse(line: &[u8]) -> Option<Request<'_>> {
    let head = &line[..line.len().min(REQUEST_BYTES)];
    let protocol = memchr::memmem::find(head, b" HTTP/")?;
    let quote = protocol + memchr::memchr(b'"', &head[protocol..])?;
    let after = head.get(quote + 1..)?.trim_ascii_start();
    let after = after.strip_prefix(b"status: ").unwrap_or(after);
    let digits = after.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) || after.get(3).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let status = digits.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let path_start = memchr::memrchr(b' ', &head[..protocol])? + 1;
    let path = &head[path_start..protocol];
    let path = &path[..path.iter().position(|&byte| byte == b'?').unwrap_or(path.len())];
    (100..600).contains(&status).then_some(Request { status, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_path_are_read() {
        for (line, status, path) in [
            (r#"10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=1 HTTP/1.0" 502 157 "-" "curl""#, 502, "/a"),
            (r#"INFO nova [req-1] 10.0.0.1 "POST /v2/x HTTP/1.1" status: 202 len: 733"#, 202, "/v2/x"),
        ] {
            assert_eq!(parse(line.as_bytes()), Some(Request { status, path: path.as_bytes() }));
        }
    }

    #[test]
    fn an_error_line_that_quotes_a_request_is_no_access_line() {
        let line = r#"connect() failed, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/""#;
        assert_eq!(parse(line.as_bytes()), None);
        assert_eq!(parse(br#""GET / HTTP/1.1" 5023"#), None);
        assert_eq!(parse(br#""GET / HTTP/1.1" 999 "#), None);
    }
}
