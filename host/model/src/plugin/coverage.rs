//! How much of a wish a list of capabilities covers: what an update asks more, what is granted and what is missing.
//!
//! Pure. "Covers" means what [`Grants::effective`] would let through, so that what is shown is what holds.

use serde::Serialize;

use super::capability::{canonical_origin, covers};
use super::{Capability, Grants, HttpCapability, Manifest};

/// Stands for whatever base URL a connection has.
const ANY_BASE: &str = "https://base.invalid";

/// How much of a wish is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// All of it.
    Whole,
    /// A part: fewer methods, paths, audiences, placements or bytes.
    Part,
    /// Nothing.
    None,
}

impl Capability {
    /// How much of this wish `given` covers.
    pub fn covered_by(&self, given: &[Self]) -> Coverage {
        let left = self.left_under(given);
        match self {
            Self::Http(wish) => {
                let any = !left.http.is_empty();
                let allows = |method: &String, prefix: Option<&String>| {
                    left.http.iter().any(|grant| {
                        let path = grant.path_prefixes.is_empty()
                            || prefix.is_some_and(|prefix| grant.path_prefixes.iter().any(|g| covers(g, prefix)));
                        grant.methods.contains(method) && path
                    })
                };
                let whole = wish.methods.iter().all(|method| match wish.path_prefixes.as_slice() {
                    [] => allows(method, None),
                    prefixes => prefixes.iter().all(|prefix| allows(method, Some(prefix))),
                });
                of(any, whole)
            }
            Self::Secret(wish) => {
                let base =
                    |origin: &String| if origin == super::BASE_URL { ANY_BASE.to_owned() } else { origin.clone() };
                let whole = wish.audience.iter().all(|origin| {
                    wish.placements.iter().all(|placement| {
                        let gives = |g: &super::SecretCapability| {
                            g.audience.contains(&base(origin)) && g.placements.contains(placement)
                        };
                        left.secrets.iter().any(gives)
                    })
                });
                of(!left.secrets.is_empty(), whole)
            }
            Self::Kv(wish) => of(left.kv_bytes_max > 0, left.kv_bytes_max >= wish.bytes_max),
        }
    }

    /// What is left of this wish alone under `given`.
    fn left_under(&self, given: &[Self]) -> Grants {
        let mut alone = Manifest {
            id: String::new(),
            version: String::new(),
            kind: super::Kind::Integration,
            world: String::new(),
            description: String::new(),
            http: Vec::new(),
            secrets: Vec::new(),
            kv: None,
            settings: Vec::new(),
            limits: super::TighterLimits::default(),
        };
        match self {
            Self::Http(wish) => alone.http.push(wish.clone()),
            Self::Secret(wish) => alone.secrets.push(wish.clone()),
            Self::Kv(wish) => alone.kv = Some(wish.clone()),
        }
        Grants::effective(&alone, given, Some(ANY_BASE))
    }

    /// The part of this wish that `asked` names, the wish's spelling and reason kept; `None` where they have nothing
    /// in common.
    pub fn narrowed_to(&self, asked: &Self) -> Option<Self> {
        match (self, asked) {
            (Self::Http(wish), Self::Http(asked)) => {
                let same = canonical_origin(&wish.origin) == canonical_origin(&asked.origin);
                let left = same.then(|| self.left_under(&[Self::Http(asked.clone())]))?.http.pop()?;
                Some(Self::Http(HttpCapability { origin: wish.origin.clone(), ..left }))
            }
            (Self::Secret(wish), Self::Secret(asked)) if wish.name == asked.name => {
                let named =
                    |origin: &String| asked.audience.iter().any(|a| canonical_origin(a) == canonical_origin(origin));
                let mut narrow = wish.clone();
                narrow.audience.retain(named);
                narrow.placements.retain(|p| asked.placements.contains(p));
                (!narrow.audience.is_empty() && !narrow.placements.is_empty()).then_some(Self::Secret(narrow))
            }
            (Self::Kv(wish), Self::Kv(asked)) => {
                let mut narrow = wish.clone();
                narrow.bytes_max = narrow.bytes_max.min(asked.bytes_max);
                Some(Self::Kv(narrow))
            }
            _ => None,
        }
    }
}

fn of(any: bool, whole: bool) -> Coverage {
    match (any, whole) {
        (_, true) if any => Coverage::Whole,
        (true, false) => Coverage::Part,
        _ => Coverage::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{BASE_URL, KvCapability, SecretCapability};

    fn own(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    fn http(origin: &str, methods: &[&str], prefixes: &[&str]) -> Capability {
        let (methods, path_prefixes) = (own(methods), own(prefixes));
        Capability::Http(HttpCapability { origin: origin.into(), methods, path_prefixes, reason: "why".into() })
    }

    fn secret(audience: &[&str], placements: &[&str]) -> Capability {
        let (audience, placements) = (own(audience), own(placements));
        Capability::Secret(SecretCapability { name: "token".into(), audience, placements, reason: "why".into() })
    }

    fn kv(bytes_max: u64) -> Capability {
        Capability::Kv(KvCapability { bytes_max, reason: "why".into() })
    }

    #[test]
    fn a_wish_is_covered_whole_in_part_or_not_at_all() {
        let wish = http(BASE_URL, &["GET", "POST"], &["/a", "/b"]);
        for (given, expected) in [
            (vec![], Coverage::None),
            (vec![wish.clone()], Coverage::Whole),
            (vec![http(BASE_URL, &["GET", "POST"], &[])], Coverage::Whole),
            (vec![http(BASE_URL, &["GET"], &[]), http(BASE_URL, &["POST"], &["/"])], Coverage::Whole),
            (vec![http(BASE_URL, &["GET"], &[])], Coverage::Part),
            (vec![http(BASE_URL, &["GET", "POST"], &["/a"])], Coverage::Part),
            (vec![http(BASE_URL, &["GET", "POST"], &["/a/x", "/b"])], Coverage::Part),
            (vec![http("https://h.example", &["GET", "POST"], &[])], Coverage::None),
            (vec![http(BASE_URL, &["PUT"], &[])], Coverage::None),
            (vec![kv(1)], Coverage::None),
        ] {
            assert_eq!(wish.covered_by(&given), expected, "{given:?}");
        }
        let all = http("https://h.example", &["GET"], &[]);
        assert_eq!(all.covered_by(&[http("https://h.example:443", &["GET"], &[])]), Coverage::Whole);
        assert_eq!(all.covered_by(&[http("https://h.example", &["GET"], &["/a"])]), Coverage::Part);
        assert_eq!(kv(10).covered_by(&[kv(9)]), Coverage::Part);
        assert_eq!(kv(10).covered_by(&[kv(9), kv(10)]), Coverage::Whole);
        let wish = secret(&[BASE_URL, "https://h.example"], &["bearer"]);
        assert_eq!(wish.covered_by(&[secret(&[BASE_URL], &["bearer"])]), Coverage::Part);
        assert_eq!(wish.covered_by(&[secret(&[BASE_URL], &["sign"])]), Coverage::None);
        let twice = [secret(&[BASE_URL], &["bearer"]), secret(&["https://h.example:443"], &["bearer", "sign"])];
        assert_eq!(wish.covered_by(&twice), Coverage::Whole);
    }

    #[test]
    fn a_narrowed_wish_keeps_its_spelling_and_never_grows() {
        let wish = http("https://h.example", &["GET", "POST"], &["/rest/"]);
        let narrow = wish.narrowed_to(&http("https://h.example:443", &["GET", "PUT"], &["/rest/a"]));
        assert_eq!(narrow, Some(http("https://h.example", &["GET"], &["/rest/a"])));
        assert_eq!(wish.narrowed_to(&http("https://h.example", &["GET"], &["/admin"])), None);
        assert_eq!(wish.narrowed_to(&http("https://h.example", &["PUT"], &[])), None);
        assert_eq!(
            http(BASE_URL, &["GET"], &[]).narrowed_to(&http(BASE_URL, &["GET"], &["/x"])),
            Some(http(BASE_URL, &["GET"], &["/x"]))
        );
        assert_eq!(kv(10).narrowed_to(&kv(99)), Some(kv(10)));
    }
}
