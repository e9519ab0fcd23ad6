//! How sources are written. Pure.
//!
//! Invariants: a source that was read says which scheme, host and file it means in one way only; what is shown or
//! recorded of an address has no query.

use std::net::IpAddr;
use std::path::PathBuf;

use url::{Host, Url};

use crate::AppError;

/// Most bytes of a source.
const SOURCE_BYTES_MAX: usize = 4 << 10;
/// Most bytes of a repository's name, by the distribution spec.
const REPOSITORY_BYTES_MAX: usize = 255;
/// Most bytes of a tag, by the distribution spec.
const TAG_BYTES_MAX: usize = 128;
/// Stands for a query that is not recorded.
const QUERY_LEFT_OUT: &str = "?…";

/// A source that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file or a folder.
    Local(PathBuf),
    /// An address of the component itself.
    Address(Remote),
    /// An artifact in a registry.
    Registry(Reference),
}

/// An https address, perhaps with the digest of what lies there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// As it is asked for, without fragment.
    pub(super) url: String,
    /// SHA-256 hex that it must have.
    pub(super) pin: Option<String>,
}

/// An artifact by the OCI distribution spec.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Host with port, as typed, lower case.
    pub(super) host: String,
    /// Its name there.
    pub(super) repository: String,
    /// A name that moves.
    pub(super) tag: Option<String>,
    /// SHA-256 hex of the manifest.
    pub(super) digest: Option<String>,
    /// Whether the host is this machine, where registries speak plain http.
    is_loopback: bool,
}

impl Source {
    /// Tells what is meant.
    pub(super) fn parse(text: &str) -> Result<Self, AppError> {
        if text.is_empty() || text.len() > SOURCE_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(invalid("the source", "it is empty, too long, or holds a control character"));
        }
        match text.split_once("://") {
            Some(("oci", rest)) => Reference::parse(rest).map(Self::Registry),
            Some(("https" | "http", _)) => Remote::parse(text).map(Self::Address),
            Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => Err(invalid(
                &without_query(text),
                "its scheme is not known; a source is a file, a folder, https://… or oci://host/repository:tag",
            )),
            _ => Ok(Self::Local(PathBuf::from(text))),
        }
    }
}

/// The source that an update asks: without the digest that pins it to one version. None where nothing newer can be
/// found, which is so for an artifact that was installed by digest alone.
pub fn unpinned(source: &str) -> Option<String> {
    match Source::parse(source).ok()? {
        Source::Local(_) => Some(source.to_owned()),
        Source::Address(address) => Some(address.url),
        Source::Registry(reference) => {
            let tag = reference.tag.as_ref()?;
            Some(format!("oci://{}/{}:{tag}", reference.host, reference.repository))
        }
    }
}

impl Remote {
    fn parse(text: &str) -> Result<Self, AppError> {
        let shown = without_query(text);
        let (address, fragment) = text.split_once('#').map_or((text, None), |(a, f)| (a, Some(f)));
        if address.ends_with(QUERY_LEFT_OUT) {
            return Err(invalid(&shown, "its query was not recorded, since it may hold a key; give the whole address"));
        }
        let pin = fragment
            .map(|f| {
                f.strip_prefix("sha256=")
                    .and_then(digest_hex)
                    .ok_or_else(|| invalid(&shown, "what follows # is not sha256= and 64 hex digits"))
            })
            .transpose()?;
        let url = Url::parse(address).map_err(|_| invalid(&shown, "the address can't be read"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid(&shown, "an address with a user name or password is not taken"));
        }
        if url.scheme() == "http" && pin.is_none() && !url.host().is_some_and(|host| is_loopback(&host)) {
            return Err(invalid(
                &shown,
                "what comes over plain http can be anybody's; use https, or pin it with #sha256=",
            ));
        }
        Ok(Self { url: url.into(), pin })
    }

    /// For messages.
    pub(super) fn shown(&self) -> String {
        without_query(&self.url)
    }

    /// What the user typed, for the rules about typed hosts.
    pub(super) fn typed(&self) -> String {
        self.url.clone()
    }

    /// To be recorded.
    pub(super) fn pinned(&self, digest: &str) -> String {
        let query = if self.url.contains('?') { QUERY_LEFT_OUT } else { "" };
        format!("{}{query}#sha256={digest}", self.shown())
    }
}

impl Reference {
    fn parse(rest: &str) -> Result<Self, AppError> {
        let shown = format!("oci://{rest}");
        let bad = |problem: &str| invalid(&shown, problem);
        let (host, name) = rest
            .split_once('/')
            .filter(|(host, name)| !host.is_empty() && !name.is_empty())
            .ok_or_else(|| bad("it is not oci://host/repository, with :tag or @sha256: after it"))?;
        let (name, digest) = match name.split_once('@') {
            None => (name, None),
            Some((name, digest)) => {
                let digest = digest.strip_prefix("sha256:").and_then(digest_hex);
                (name, Some(digest.ok_or_else(|| bad("its digest is not sha256: and 64 hex digits"))?))
            }
        };
        let (repository, tag) = match name.split_once(':') {
            None => (name, None),
            Some((name, tag)) if is_tag(tag) => (name, Some(tag.to_owned())),
            Some(_) => return Err(bad("its tag is not 1 to 128 letters, digits, dots, dashes and underscores")),
        };
        if !is_repository(repository) {
            return Err(bad("its repository is not lower-case words joined by / . _ and -"));
        }
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
        let base = Url::parse(&format!("https://{host}/")).ok().filter(|_| host.bytes().all(plain));
        // Read and written again it must be the same: `127.1` and `127.0.0.1` are one host with two names in records.
        let written = base.as_ref().and_then(|url| {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            url.host_str().map(|name| format!("{name}{port}"))
        });
        let is_loopback = base.as_ref().and_then(Url::host).map(|host| is_loopback(&host));
        match (written, is_loopback) {
            (Some(written), Some(is_loopback)) if written == host || host == format!("{written}:443") => {
                Ok(Self { host: host.to_owned(), repository: repository.to_owned(), tag, digest, is_loopback })
            }
            _ => Err(bad("its host is not a lower-case name or address, with :port or without")),
        }
    }

    /// For messages; also what it is without a pin.
    pub(super) fn shown(&self) -> String {
        let tag = self.tag.as_ref().map_or_else(String::new, |tag| format!(":{tag}"));
        let digest = self.digest.as_ref().map_or_else(String::new, |digest| format!("@sha256:{digest}"));
        format!("oci://{}/{}{tag}{digest}", self.host, self.repository)
    }

    /// To be recorded.
    pub(super) fn pinned(&self, digest: &str) -> String {
        // Without tag and digest it was `latest` that was asked for, and an update asks for it again.
        let implied = self.digest.is_none().then_some("latest");
        let tag = self.tag.as_deref().or(implied).map_or_else(String::new, |tag| format!(":{tag}"));
        format!("oci://{}/{}{tag}@sha256:{digest}", self.host, self.repository)
    }

    /// Scheme and host; plain http on this machine, as every registry and client has it.
    pub(super) fn base(&self) -> String {
        let scheme = if self.is_loopback { "http" } else { "https" };
        // The name that people write is a web site; its registry has another.
        let host = if self.host == "docker.io" { "registry-1.docker.io" } else { &self.host };
        format!("{scheme}://{host}")
    }

    /// What the manifest is asked for by.
    pub(super) fn wanted(&self) -> String {
        match &self.digest {
            Some(digest) => format!("sha256:{digest}"),
            None => self.tag.clone().unwrap_or_else(|| "latest".to_owned()),
        }
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= TAG_BYTES_MAX
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` joined by `/`.
fn is_repository(name: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joined = |part: &str| {
        let (first, last) = (part.chars().next(), part.chars().last());
        let runs = part.split(word).filter(|run| !run.is_empty());
        first.is_some_and(word)
            && last.is_some_and(word)
            && runs.into_iter().all(|run| matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-'))
    };
    name.len() <= REPOSITORY_BYTES_MAX && name.split('/').all(joined)
}

/// 64 hex digits, in lower case.
pub(super) fn digest_hex(text: &str) -> Option<String> {
    let shaped = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    shaped.then(|| text.to_ascii_lowercase())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

fn without_query(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    text.get(..end).unwrap_or(text).to_owned()
}

/// Without what stands before an `@` of the host: people paste addresses with their password in them.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn invalid(shown: &str, problem: &str) -> AppError {
    let shown: String = without_user(shown).chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    AppError::usage("source_invalid", format!("reading the source {shown}: {problem}"))
        .hint("a source is FILE, FOLDER, https://…[#sha256=HEX] or oci://host[:port]/repository[:tag|@sha256:HEX]")
}
