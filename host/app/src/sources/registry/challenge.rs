//! Reading `WWW-Authenticate` (RFC 9110, section 11.6.1). Pure.

/// Most bytes of one header that are looked at.
const HEADER_BYTES_MAX: usize = 4 << 10;
/// Most challenges of one answer.
const CHALLENGES_MAX: usize = 8;

/// How a registry wants to be logged in to. Other schemes are left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password.
    Basic,
    /// A token that a service gives.
    Bearer {
        /// Address of the service.
        realm: String,
        /// Whom the token is for, in the service's words.
        service: Option<String>,
    },
}

/// Reads all challenges of an answer, in their order.
pub(super) fn read<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    let fitting = headers.filter(|header| header.len() <= HEADER_BYTES_MAX);
    fitting.take(CHALLENGES_MAX).flat_map(read_one).take(CHALLENGES_MAX).collect()
}

fn read_one(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header.trim_start_matches([',', ' ', '\t']);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let value = after.trim_start_matches([' ', '\t']).strip_prefix('=');
        rest = match value {
            None => {
                found.push((word.to_ascii_lowercase(), Vec::new()));
                after
            }
            Some(value) => {
                let Some((value, after)) = parameter(value.trim_start_matches([' ', '\t'])) else { break };
                if let Some((_, parameters)) = found.last_mut() {
                    parameters.push((word.to_ascii_lowercase(), value));
                }
                after
            }
        };
        rest = rest.trim_start_matches([',', ' ', '\t']);
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, &parameters)).collect()
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let named = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer { realm: named("realm")?, service: named("service") }),
        _ => None,
    }
}

/// A token or a quoted text, and what follows it.
fn parameter(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !is_token(c)).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return Some((value.to_owned(), after));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, quoted.get(at + 1..)?)),
            _ => value.push(c),
        }
    }
    None
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/:".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(str::to_owned) }
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#,
                vec![bearer("https://auth.docker.io/token", Some("registry.docker.io"))],
            ),
            (r#"bearer REALM = "https://h/t" , error="invalid_token""#, vec![bearer("https://h/t", None)]),
            (r#"Basic realm="x, Bearer realm=y""#, vec![Challenge::Basic]),
            (
                r#"Basic realm="x", Bearer realm="https://h/\"t",service=s"#,
                vec![Challenge::Basic, bearer("https://h/\"t", Some("s"))],
            ),
            ("Negotiate, Basic", vec![Challenge::Basic]),
            ("Bearer", vec![]),
            (r#"Bearer realm="open"#, vec![]),
            ("Digest realm=x", vec![]),
            ("", vec![]),
            (",,, ,", vec![]),
            ("=\"x\"", vec![]),
            ("\u{202e}", vec![]),
        ] {
            assert_eq!(read(std::iter::once(header)), expected, "{header}");
        }
        let long = format!("Basic realm=\"{}\"", "x".repeat(HEADER_BYTES_MAX));
        assert_eq!(read(std::iter::once(long.as_str())), []);
        assert_eq!(read(std::iter::repeat_n("Basic", 1_000)).len(), CHALLENGES_MAX);
    }
}
