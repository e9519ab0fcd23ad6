//! Keys of publishers, and signing with them.
//!
//! A key file is TOML of two lines: `seed`, 64 hex digits, the secret half of an Ed25519 key; `public_key`, 64 hex
//! digits, what others pin. Invariants: the file is made for its owner alone (0600), never written over, and refused
//! where others can read it; the seed is in no message and is wiped when it was used.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trcaa_model::env::Entropy;
use zeroize::Zeroizing;

use super::Kit;
use super::build::write;
use super::pack::{digest_path, write_digest};
use super::project::{Named, look};
use crate::AppError;

/// Most bytes of a key file; one has 280.
const FILE_BYTES_MAX: u64 = 4 << 10;
/// What stands above the key.
const HEAD: &str = "# Secret key of a publisher of TRCAA plugins. Whoever has this file can sign plugins as you: keep a copy in a\n# safe place and give it to nobody. Make one with: trcaa plugin keygen FILE\n";

/// A key that was made.
#[derive(Debug, Clone, Serialize)]
pub struct KeyMade {
    /// The file with the secret half.
    pub path: PathBuf,
    /// 64 hex digits, for everybody.
    pub public_key: String,
}

/// A component that was signed.
#[derive(Debug, Clone, Serialize)]
pub struct Signed {
    /// The component, written anew.
    pub path: PathBuf,
    /// The publisher's name in it.
    pub publisher: String,
    /// 64 hex digits.
    pub public_key: String,
    /// Its size with the signature.
    pub size_bytes: u64,
    /// SHA-256 hex of its bytes with the signature.
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    seed: String,
    public_key: String,
}

impl Kit {
    /// Makes a key in a new file.
    ///
    /// # Errors
    /// A file that is there: no key is ever written over.
    pub fn make_key(&self, path: &Path, entropy: &dyn Entropy) -> Result<KeyMade, AppError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        entropy.fill(seed.as_mut_slice());
        let public_key = trcaa_runtime::public_key(&seed);
        let digits = Zeroizing::new(hex::encode(seed.as_slice()));
        let text = Zeroizing::new(format!("{HEAD}seed = \"{}\"\npublic_key = \"{public_key}\"\n", digits.as_str()));
        let failed = |e: std::io::Error| {
            let failed = AppError::failed("key_file", format!("making the key file {}: {e}", path.display()));
            if e.kind() == std::io::ErrorKind::AlreadyExists {
                failed.hint("a key is never written over; name another file")
            } else {
                failed
            }
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        if let Err(e) = written {
            let _ = fs::remove_file(path);
            return Err(failed(e));
        }
        Ok(KeyMade { path: path.to_path_buf(), public_key })
    }

    /// Signs the component at `path`, or the one that `pack` left in `dist/` of a project, in place.
    ///
    /// # Errors
    /// A key file that can't be read or that others can read; a component that is none; nothing packed yet.
    pub fn sign(&self, path: &Path, key: &Path, publisher: &str) -> Result<Signed, AppError> {
        let (path, bytes) = match look(path)? {
            Named::Component(path, bytes) => (path, bytes),
            Named::Project(project) => {
                let manifest = project.manifest()?;
                let packed = project.folder.join("dist").join(format!("{}-{}.wasm", manifest.id, manifest.version));
                match look(&packed) {
                    Ok(Named::Component(path, bytes)) => (path, bytes),
                    _ => {
                        return Err(AppError::failed(
                            "not_packed",
                            format!("signing {}: there is no {}", manifest.id, packed.display()),
                        )
                        .hint(format!("pack it first: trcaa plugin pack {}", project.folder.display())));
                    }
                }
            }
        };
        let seed = read_key(key)?;
        let refused =
            |problem: String| AppError::failed("not_signed", format!("signing {}: {problem}", path.display()));
        let signed = trcaa_runtime::sign(&bytes, publisher, &seed).map_err(refused)?;
        trcaa_runtime::Plugin::inspect("component", &signed).map_err(|e| refused(e.problem))?;
        write(&path, &signed)?;
        let sha256 = if digest_path(&path).is_file() {
            write_digest(&path, &signed)?
        } else {
            hex::encode(Sha256::digest(&signed))
        };
        let public_key = trcaa_runtime::public_key(&seed);
        Ok(Signed { path, publisher: publisher.to_owned(), public_key, size_bytes: signed.len() as u64, sha256 })
    }
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, AppError> {
    let failed =
        |problem: String| AppError::failed("key_file", format!("reading the key file {}: {problem}", path.display()));
    let meta = fs::metadata(path).map_err(|e| failed(e.to_string()).hint("make one with: trcaa plugin keygen FILE"))?;
    if meta.len() > FILE_BYTES_MAX || !meta.is_file() {
        return Err(failed("it is no key file".into()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0 {
        return Err(failed("others on this machine can read it".into())
            .hint(format!("keep it to yourself: chmod 600 {}", path.display())));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| failed(e.to_string()))?);
    // toml's own words quote the line, which may be the seed.
    let malformed = || failed("it is not what trcaa plugin keygen writes: seed and public_key".into());
    let file: KeyFile = toml::from_str(&text).map_err(|_| malformed())?;
    let digits = Zeroizing::new(file.seed);
    let mut seed = Zeroizing::new([0_u8; 32]);
    hex::decode_to_slice(digits.as_bytes(), seed.as_mut_slice()).map_err(|_| malformed())?;
    if trcaa_runtime::public_key(&seed) != file.public_key {
        return Err(failed("its two halves do not belong together".into()).hint("restore it from your copy"));
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trcaa_model::env::fixed::SeededEntropy;

    use super::*;

    #[test]
    fn a_key_is_private_never_written_over_and_never_told() {
        let home = tempfile::tempdir().unwrap();
        let kit = Kit { data_dir: home.path().join("data"), cargo: "cargo".into() };
        let path = home.path().join("key");
        let made = kit.make_key(&path, &SeededEntropy::new(1)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let seed = hex::encode(read_key(&path).unwrap().as_slice());
        assert!(text.contains(&seed) && text.contains(&made.public_key));
        assert_eq!(kit.make_key(&path, &SeededEntropy::new(2)).unwrap_err().code, "key_file");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        // A damaged line is not quoted.
        fs::write(&path, text.replace("seed = \"", "seed = \"x")).unwrap();
        let told = read_key(&path).unwrap_err();
        assert!(!format!("{told:?}").contains(&seed[1..]), "{told:?}");
        fs::write(&path, text.replace(&made.public_key, &"0".repeat(64))).unwrap();
        assert!(read_key(&path).unwrap_err().message.contains("halves"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::write(&path, &text).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(read_key(&path).unwrap_err().message.contains("others"));
        }
    }
}
