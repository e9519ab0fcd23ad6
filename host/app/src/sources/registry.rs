//! Pulling an artifact by the OCI distribution spec 1.1: manifest → the one WebAssembly layer → its blob.
//!
//! Invariants: a manifest is used only after its digest was checked, a blob only after its length and its digest were;
//! a size is believed only where it fits; what a registry asks for as login gets no wider scope than one pull.

mod challenge;
mod manifest;

use serde::Deserialize;
use trcaa_model::plugin::SecretCapability;
use trcaa_model::secret::Secret;
use trcaa_net::{Credential, Downloaded, Placement};
use url::Url;
use zeroize::Zeroizing;

use super::reference::{Reference, digest_hex};
use super::{Errand, Wanted, media_type, sha256};
use crate::AppError;
use challenge::Challenge;
use manifest::{Content, Descriptor};

/// Most bytes of a manifest: the least that the spec asks registries to take is 4 MiB, and ours have under 2 KiB.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;
/// Most bytes of a token service's answer.
const TOKEN_BYTES_MAX: u64 = 64 << 10;
/// Index within index: none.
const INDEXES_MAX: u8 = 1;

const FIND: &str = "asking for the manifest";
const LOGIN: &str = "logging in";
const BLOB: &str = "downloading the component";

/// Pulls the component; gives the digest of the manifest that was asked for, and the component's bytes.
pub(super) fn pull(errand: &Errand<'_>, reference: &Reference) -> Result<(String, Vec<u8>), AppError> {
    let mut session = Session { errand, reference, base: reference.base(), credential: None };
    let (digest, content) = session.manifest(&reference.wanted(), reference.digest.as_deref())?;
    let mut content = content;
    for _ in 0..INDEXES_MAX {
        if let Content::Index(only) = &content {
            content = session.manifest(&format!("sha256:{}", only.digest), Some(&only.digest))?.1;
        }
    }
    match content {
        Content::Component(layer) => Ok((digest, session.blob(&layer)?)),
        Content::Index(_) => Err(errand.failed("source_answer", FIND, "it is an index of an index")),
    }
}

/// The requests to one registry.
struct Session<'a> {
    errand: &'a Errand<'a>,
    reference: &'a Reference,
    base: String,
    credential: Option<Credential>,
}

impl Session<'_> {
    fn manifest(&mut self, wanted: &str, digest: Option<&str>) -> Result<(String, Content), AppError> {
        let path = format!("manifests/{wanted}");
        let got = self.get(FIND, &path, &manifest::MEDIA_TYPES.join(", "), MANIFEST_BYTES_MAX)?;
        let found = sha256(&got.body);
        let told =
            got.header("docker-content-digest").and_then(|told| told.strip_prefix("sha256:")).and_then(digest_hex);
        if let Some(wanted) = digest.or(told.as_deref()).filter(|wanted| *wanted != found) {
            return Err(self.errand.digest(FIND, wanted, &found));
        }
        let content = manifest::read(&got.body, &media_type(&got));
        Ok((found, content.map_err(|problem| self.errand.failed("source_answer", FIND, &problem))?))
    }

    fn blob(&mut self, layer: &Descriptor) -> Result<Vec<u8>, AppError> {
        let got = self.get(BLOB, &format!("blobs/sha256:{}", layer.digest), "*/*", layer.size)?;
        let bytes = got.body.len() as u64;
        if bytes != layer.size {
            let problem = format!("it has {bytes} bytes, and its manifest says {}", layer.size);
            return Err(self.errand.failed("source_answer", BLOB, &problem));
        }
        let found = sha256(&got.body);
        if found != layer.digest {
            return Err(self.errand.digest(BLOB, &layer.digest, &found));
        }
        self.errand.check_magic(BLOB, &got)?;
        Ok(got.body)
    }

    /// One file below the repository, logging in where that is asked for.
    fn get(&mut self, step: &'static str, path: &str, accept: &str, bytes_max: u64) -> Result<Downloaded, AppError> {
        let url = format!("{}/v2/{}/{path}", self.base, self.reference.repository);
        let ask = |session: &Self| {
            let credential = session.credential.as_ref();
            session.errand.get(&Wanted { step, url: &url, accept, credential, bytes_max })
        };
        let mut got = ask(self)?;
        if got.status == 401 && self.credential.is_none() {
            self.log_in(&got)?;
            got = ask(self)?;
        }
        if got.status == 200 { Ok(got) } else { Err(self.errand.status(step, &got)) }
    }

    /// Answers the challenge of a registry once; what it gives is for this registry alone.
    fn log_in(&mut self, refused: &Downloaded) -> Result<(), AppError> {
        let challenges = challenge::read(refused.headers_of("www-authenticate"));
        let login = self.errand.sources.login;
        let bearer = challenges.iter().find_map(|c| match c {
            Challenge::Bearer { realm, service } => Some((realm, service.as_deref())),
            Challenge::Basic => None,
        });
        self.credential = Some(match (bearer, login) {
            (Some((realm, service)), _) => {
                let token = self.token(realm, service)?;
                credential(token, Placement::Bearer, &self.base)
            }
            (None, Some(login)) if challenges.contains(&Challenge::Basic) => {
                credential(login.password.clone(), Placement::Basic { user: login.user.clone() }, &self.base)
            }
            (None, _) => return Err(self.errand.status(LOGIN, refused)),
        });
        Ok(())
    }

    /// Asks the token service for one pull; with the user's login where there is one, else as anybody.
    fn token(&self, realm: &str, service: Option<&str>) -> Result<Secret, AppError> {
        let failed = |problem: &str| self.errand.failed("source_answer", LOGIN, problem);
        let mut url = Url::parse(realm).map_err(|_| failed("the address of its token service can't be read"))?;
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        // Our own words and not the registry's, so that no token can do more than this.
        let scope = format!("repository:{}:pull", self.reference.repository);
        url.query_pairs_mut().append_pair("scope", &scope);
        let origin = url.origin().ascii_serialization();
        let login = self.errand.sources.login;
        let login = login
            .map(|login| credential(login.password.clone(), Placement::Basic { user: login.user.clone() }, &origin));
        let got = self.errand.get(&Wanted {
            step: LOGIN,
            url: url.as_str(),
            accept: "application/json",
            credential: login.as_ref(),
            bytes_max: TOKEN_BYTES_MAX,
        })?;
        if got.status != 200 {
            return Err(self.errand.status(LOGIN, &got));
        }
        let body = Zeroizing::new(got.body);
        let token: Token = serde_json::from_slice(&body).map_err(|_| failed("its token service gives no token"))?;
        let token = token.token.or(token.access_token).map(Zeroizing::new).filter(|token| !token.is_empty());
        token.map(|token| Secret::new(token.as_str())).ok_or_else(|| failed("its token service gives no token"))
    }
}

/// What a token service answers; either name, by its spec.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// What a registry answers instead of a file.
#[derive(Deserialize)]
struct Refusal {
    errors: Vec<RefusalCode>,
}

#[derive(Deserialize)]
struct RefusalCode {
    code: String,
}

/// The first error code of a registry's answer, such as `MANIFEST_UNKNOWN`; nothing else that a server says is shown.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    let code = serde_json::from_slice::<Refusal>(body).ok()?.errors.into_iter().next()?.code;
    let shaped = (1..=40).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    shaped.then_some(code)
}

fn credential(secret: Secret, placement: Placement, audience: &str) -> Credential {
    let declared = if placement == Placement::Bearer { "bearer" } else { "basic" };
    let granted = SecretCapability {
        name: "registry".to_owned(),
        audience: vec![audience.to_owned()],
        placements: vec![declared.to_owned()],
        reason: "to pull a plugin".to_owned(),
    };
    Credential { id: "registry".to_owned(), secret, placement, granted }
}
