//! Reading a manifest that a stranger wrote.

use crate::hidden::is_hidden;

use super::{HttpCapability, Kind, Manifest, SecretCapability};

/// Most bytes of a manifest: a page of TOML is under 4 KiB; sixteen are ample.
const MANIFEST_BYTES_MAX: usize = 64 << 10;
/// Most entries of one list in it.
const ENTRIES_MAX: usize = 64;
/// Most characters of one text in it.
const TEXT_CHARS_MAX: usize = 400;

/// Most bytes of a version.
const VERSION_BYTES_MAX: usize = 64;

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Too large, or not UTF-8.
    #[error("the manifest has {bytes} bytes; it must be UTF-8 text of at most {max}", max = MANIFEST_BYTES_MAX)]
    NotText {
        /// How many it has.
        bytes: usize,
    },
    /// Not TOML, a field missing, unknown or of the wrong type.
    #[error("the manifest can't be read: {0}")]
    Syntax(String),
    /// A field or table that this host does not know: leaving it out could mean running without a wish or a limit that
    /// the author meant.
    #[error("the manifest has {0:?}, which this host does not know: it needs a newer host or is misspelt")]
    Unknown(String),
    /// A field holds what it must not.
    #[error("manifest field {field}: {given:?} {problem}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What it holds, cut.
        given: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] names the field and what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= MANIFEST_BYTES_MAX => text,
            _ => return Err(ManifestError::NotText { bytes: bytes.len() }),
        };
        let manifest: Self = toml::from_str(text).map_err(|e| match unknown_field(e.message()) {
            Some(field) => ManifestError::Unknown(field),
            None => ManifestError::Syntax(e.message().to_owned()),
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let id_shaped = (2..=64).contains(&self.id.len())
            && self.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && self.id.starts_with(|c: char| c.is_ascii_lowercase())
            && !self.id.ends_with('-');
        require(
            id_shaped,
            "id",
            &self.id,
            "must be 2 to 64 lower-case letters, digits and dashes, beginning with a letter",
        )?;
        // Read by the same rules by which versions are compared: what has no order could pass for an update, and what
        // follows the numbers is shown to the person who decides.
        require(
            self.version.len() <= VERSION_BYTES_MAX && semver::Version::parse(&self.version).is_ok(),
            "version",
            &self.version,
            "must be a semantic version such as 1.2.3",
        )?;
        plain("description", &self.description)?;
        let family = self.world.split_once('@').map(|(name, _)| name);
        let allowed: &[&str] = match self.kind {
            Kind::AiProvider => &["trcaa:ai/ai-provider", "trcaa:ai/ai-provider-with-embeddings"],
            Kind::Integration => &["trcaa:integration/integration", "trcaa:integration/integration-read"],
            Kind::PiiDetector => &["trcaa:pii/pii-detector"],
            Kind::DocumentRenderer => &["trcaa:render/document-renderer"],
            Kind::TextExtractor => &["trcaa:extract/text-extractor"],
        };
        require(
            family.is_some_and(|f| allowed.contains(&f)),
            "world",
            &self.world,
            "is not a world of this kind of plugin",
        )?;
        let wishes = self.http.len() + self.secrets.len() + usize::from(self.kv.is_some());
        require(
            !self.kind.is_pure() || wishes == 0,
            "kind",
            self.kind.as_str(),
            "is pure: it can't ask for http, secret or kv",
        )?;
        require(self.http.len() <= ENTRIES_MAX, "http", "", "has more than 64 entries")?;
        require(self.secrets.len() <= ENTRIES_MAX, "secret", "", "has more than 64 entries")?;
        self.http.iter().try_for_each(check_http)?;
        self.secrets.iter().try_for_each(check_secret)?;
        self.kv.as_ref().map_or(Ok(()), |kv| plain("kv.reason", &kv.reason))?;
        super::setting::check(&self.settings)
    }
}

/// The field that a reader's message is about, where it says that it is unknown.
fn unknown_field(message: &str) -> Option<String> {
    let (field, _) = message.strip_prefix("unknown field `")?.split_once("`, expected")?;
    Some(field.chars().take(80).collect())
}

fn check_http(wish: &HttpCapability) -> Result<(), ManifestError> {
    check_origin("http.origin", &wish.origin)?;
    plain("http.reason", &wish.reason)?;
    require(!wish.methods.is_empty(), "http.methods", "", "must name at least one method")?;
    require(wish.path_prefixes.len() <= ENTRIES_MAX, "http.path_prefixes", "", "has more than 64 entries")?;
    for method in &wish.methods {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method.as_str());
        require(known, "http.methods", method, "is no method that a plugin can ask for")?;
    }
    for prefix in &wish.path_prefixes {
        plain("http.path_prefixes", prefix)?;
        require(prefix.starts_with('/'), "http.path_prefixes", prefix, "must begin with /")?;
    }
    Ok(())
}

fn check_secret(wish: &SecretCapability) -> Result<(), ManifestError> {
    plain("secret.name", &wish.name)?;
    plain("secret.reason", &wish.reason)?;
    require(
        !wish.audience.is_empty() && wish.audience.len() <= ENTRIES_MAX,
        "secret.audience",
        "",
        "must have 1 to 64 entries",
    )?;
    wish.audience.iter().try_for_each(|origin| check_origin("secret.audience", origin))?;
    require(
        !wish.placements.is_empty() && wish.placements.len() <= ENTRIES_MAX,
        "secret.placements",
        "",
        "must have 1 to 64 entries",
    )?;
    for placement in &wish.placements {
        let known = ["bearer", "basic", "sign"].contains(&placement.as_str())
            || placement
                .strip_prefix("header:")
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        require(known, "secret.placements", placement, "must be bearer, basic, sign or header:Name")?;
    }
    Ok(())
}

fn check_origin(field: &'static str, origin: &str) -> Result<(), ManifestError> {
    if origin == "{base_url}" {
        return Ok(());
    }
    let host = origin.strip_prefix("https://");
    let shaped = host.is_some_and(|h| {
        !h.is_empty()
            && h.len() <= 260
            && h.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':'))
    });
    require(shaped, field, origin, "must be {base_url}, or https:// and a lower-case host without path")
}

/// One line without control or direction-changing characters: it is shown to a person who decides by it.
pub(super) fn plain(field: &'static str, text: &str) -> Result<(), ManifestError> {
    let hidden = |c: char| c.is_control() || is_hidden(c);
    require(
        !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(hidden),
        field,
        text,
        "must be one plain line of 1 to 400 characters",
    )
}

pub(super) fn require(
    holds: bool,
    field: &'static str,
    given: &str,
    problem: &'static str,
) -> Result<(), ManifestError> {
    if holds { Ok(()) } else { Err(ManifestError::Field { field, given: given.chars().take(80).collect(), problem }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "wiki"
version = "1.2.3"
kind = "integration"
world = "trcaa:integration/integration@0.1.0"
description = "Publishes to a wiki."
[[http]]
origin = "https://wiki.example.com"
methods = ["GET", "POST"]
path_prefixes = ["/rest/"]
reason = "to publish pages"
[[secret]]
name = "token"
audience = ["https://wiki.example.com"]
placements = ["bearer"]
reason = "to log in"
[limits]
wall_ms_max = 100
"#;

    fn refusal(text: &str) -> String {
        match Manifest::parse(text.as_bytes()) {
            Ok(_) => "accepted".into(),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn a_good_manifest_is_read_and_its_limits_only_tighten() -> Result<(), ManifestError> {
        let manifest = Manifest::parse(GOOD.as_bytes())?;
        let limits = manifest.kind.limits().tightened(manifest.limits);
        assert_eq!((limits.wall_ms_max, limits.cpu_ms_max), (100, 5_000));
        let wide = Manifest::parse(GOOD.replace("= 100", "= 999999999").as_bytes())?;
        assert_eq!(wide.kind.limits().tightened(wide.limits), Kind::Integration.limits());
        Ok(())
    }

    #[test]
    fn lies_and_hidden_text_are_refused() {
        for (from, to, part) in [
            ("\"wiki\"", "\"../wiki\"", "id"),
            ("1.2.3", "latest", "version"),
            ("1.2.3", "1.2.3+x\\n\\npublisher  part of this program", "version"),
            ("1.2.3", "1.2.3-\u{202e}1", "version"),
            ("1.2.3", "1.2.3+\\u001b[2J", "version"),
            ("1.2.3", "01.2.3", "version"),
            ("1.2.3", "1.2.3-01", "version"),
            ("1.2.3", "1.2.3+", "version"),
            ("kind = \"integration\"", "kind = \"pii-detector\"", "world"),
            ("https://wiki.example.com\"\nm", "http://wiki.example.com\"\nm", "http.origin"),
            ("https://wiki.example.com\"\nm", "https://wiki.example.com/x\"\nm", "http.origin"),
            ("\"POST\"", "\"TRACE\"", "http.methods"),
            ("to publish pages", "to publish \u{202e}segap", "http.reason"),
            ("to publish pages", "to publish\u{e0041}\u{ad} pages", "http.reason"),
            ("\"bearer\"", "\"query\"", "secret.placements"),
            (
                "[limits]",
                "[surprise]",
                "\"surprise\", which this host does not know: it needs a newer host or is misspelt",
            ),
            ("[[http]]", "[[shell]]\ncommand = \"ls\"\n[[http]]", "\"shell\", which this host does not know"),
            ("wall_ms_max", "wall_ms_mix", "\"wall_ms_mix\", which this host does not know"),
            ("methods = ", "proxy = \"x\"\nmethods = ", "\"proxy\", which this host does not know"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            assert!(refusal(&text).contains(part), "{from} -> {to}: {}", refusal(&text));
        }
    }

    #[test]
    fn a_pure_plugin_cannot_ask_for_anything() {
        let text = GOOD
            .replace("\"integration\"", "\"pii-detector\"")
            .replace("trcaa:integration/integration", "trcaa:pii/pii-detector");
        assert!(refusal(&text).contains("is pure"), "{}", refusal(&text));
    }

    #[test]
    fn size_is_bounded_at_the_byte() {
        let padded = |bytes: usize| format!("{GOOD}#{}", "x".repeat(bytes - GOOD.len() - 1));
        assert!(Manifest::parse(padded(MANIFEST_BYTES_MAX).as_bytes()).is_ok());
        assert!(matches!(
            Manifest::parse(padded(MANIFEST_BYTES_MAX + 1).as_bytes()),
            Err(ManifestError::NotText { .. })
        ));
    }
}
