//! Signed heads of the audit chain, by which rows cut off its end are seen later.
//!
//! A checkpoint leaves the machine: it is mailed, printed or kept by somebody else. Its signature (Ed25519) covers every
//! field, each with its length before it, so that no two checkpoints read the same. The signing key is a random seed
//! that is kept sealed in `audit_signing_keys`, made on first use; it is not derived from the database key, so a
//! checkpoint from before a rekey still verifies after it.
//!
//! What it shows: that the chain still holds this row at this place. Who has the store's key can sign another head, but
//! cannot change the one that was given away. What came after the checkpoint is not covered by it.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::uuid_v7;
use zeroize::Zeroizing;

use crate::{AuditHead, Store, StoreError, Tx, row};

/// Name of the form; first thing that is signed.
pub const CHECKPOINT_FORMAT: &str = "trcaa-checkpoint/1";
/// Most bytes of a checkpoint's text; one has about 500.
pub const CHECKPOINT_BYTES_MAX: usize = 16_384;

const TABLE: &str = "audit_signing_keys";
const COLUMN: &str = "encrypted_seed";

/// A signed head of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`CHECKPOINT_FORMAT`].
    pub format: String,
    /// Rows up to and with the head.
    pub entries: u64,
    /// The head's `entry_hash`, lower-case hex.
    pub entry_hash: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// Ed25519, 32 bytes, lower-case hex.
    pub public_key: String,
    /// Ed25519 over the other fields, 64 bytes, lower-case hex.
    pub signature: String,
}

/// Why a text is no checkpoint, or not one that anybody signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// More than [`CHECKPOINT_BYTES_MAX`] bytes.
    #[error("it has more than {CHECKPOINT_BYTES_MAX} bytes, and a checkpoint has about 500")]
    TooLarge,
    /// Not the JSON of one.
    #[error("it is not what `trcaa audit checkpoint` prints: {0}")]
    NotJson(String),
    /// Made by another version.
    #[error("its format is not {CHECKPOINT_FORMAT}, which is what this version reads")]
    Format,
    /// A field that no checkpoint has in this form.
    #[error("its {0} is malformed")]
    Field(&'static str),
    /// A field was changed, or another key signed it.
    #[error("its signature does not fit: a field was changed after it was signed")]
    Forged,
}

/// What is printed: the checkpoint inside the answer of the command, or alone.
#[derive(Deserialize)]
struct Answer {
    checkpoint: Checkpoint,
}

impl Checkpoint {
    /// Reads a checkpoint as it was printed (`{"checkpoint":{…}}`, or the inner object alone) and checks its form.
    ///
    /// # Errors
    /// All of [`CheckpointError`] but [`CheckpointError::Forged`], which [`Checkpoint::verified_head`] gives.
    pub fn parse(text: &[u8]) -> Result<Self, CheckpointError> {
        if text.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::TooLarge);
        }
        // Of the two errors the one for the form that was meant; serde's texts name fields and positions, never values
        // of more than a word.
        let not_json = |e: serde_json::Error| CheckpointError::NotJson(e.to_string());
        let value: serde_json::Value = serde_json::from_slice(text).map_err(not_json)?;
        let checkpoint = if value.get("checkpoint").is_some() {
            serde_json::from_value::<Answer>(value).map_err(not_json)?.checkpoint
        } else {
            serde_json::from_value::<Self>(value).map_err(not_json)?
        };
        if checkpoint.format != CHECKPOINT_FORMAT {
            return Err(CheckpointError::Format);
        }
        for (name, text, bytes) in [
            ("entry_hash", &checkpoint.entry_hash, 32),
            ("public_key", &checkpoint.public_key, 32),
            ("signature", &checkpoint.signature, 64),
        ] {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            if !plain || text.len() != 2 * bytes {
                return Err(CheckpointError::Field(name));
            }
        }
        Ok(checkpoint)
    }

    /// Checks the signature; gives the head that it vouches for.
    ///
    /// Says nothing of whose key it is: ask [`Store::signs_with`].
    ///
    /// # Errors
    /// [`CheckpointError::Forged`], [`CheckpointError::Field`].
    pub fn verified_head(&self) -> Result<AuditHead, CheckpointError> {
        let (mut key, mut signature) = ([0u8; 32], [0u8; 64]);
        hex::decode_to_slice(&self.public_key, &mut key).map_err(|_| CheckpointError::Field("public_key"))?;
        hex::decode_to_slice(&self.signature, &mut signature).map_err(|_| CheckpointError::Field("signature"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| CheckpointError::Field("public_key"))?;
        // Strict: a key of small order would let one signature fit any text.
        key.verify_strict(&self.signed_bytes(), &Signature::from_bytes(&signature))
            .map_err(|_| CheckpointError::Forged)?;
        Ok(AuditHead { entries: self.entries, hash: self.entry_hash.clone() })
    }

    /// Every field but the signature, each with its length in 8 bytes before it.
    fn signed_bytes(&self) -> Vec<u8> {
        let entries = self.entries.to_string();
        let mut bytes = Vec::with_capacity(256);
        for field in [&self.format, &entries, &self.entry_hash, &self.created_at, &self.public_key] {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }
}

impl Store {
    /// Whether this store signs, or once signed, checkpoints with that key (lower-case hex).
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn signs_with(&self, public_key: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM audit_signing_keys WHERE public_key = ?1";
        Ok(row::first(&self.conn, sql, [public_key], |_| Ok(()))?.is_some())
    }
}

impl Tx<'_> {
    /// Signs the head of the audit chain, which is the row that tells of this very checkpoint.
    ///
    /// # Errors
    /// [`StoreError::Column`] where the kept key does not open, [`StoreError::BadRow`] where it is not what its row says.
    pub fn checkpoint_audit(&self) -> Result<Checkpoint, StoreError> {
        let (id, key) = match self.signing_key()? {
            Some(kept) => kept,
            None => self.make_signing_key()?,
        };
        let public_key = hex::encode(key.verifying_key().as_bytes());
        let entry = self.audit(&AuditRecord {
            action: "audit_checkpoint",
            entity_type: "audit_signing_key",
            entity_id: id,
            details: serde_json::json!({"public_key": public_key}),
        })?;
        let head = self.audit_head()?.ok_or_else(|| StoreError::BadRow {
            table: "audit_log",
            id: entry.id.clone(),
            reason: "the row that was just written is not the head".to_owned(),
        })?;
        let mut checkpoint = Checkpoint {
            format: CHECKPOINT_FORMAT.to_owned(),
            entries: head.entries,
            entry_hash: head.hash,
            created_at: entry.timestamp,
            public_key,
            signature: String::new(),
        };
        checkpoint.signature = hex::encode(key.sign(&checkpoint.signed_bytes()).to_bytes());
        Ok(checkpoint)
    }

    fn signing_key(&self) -> Result<Option<(String, SigningKey)>, StoreError> {
        let sql = "SELECT id, public_key, encrypted_seed FROM audit_signing_keys ORDER BY rowid DESC LIMIT 1";
        let kept = row::first(&self.conn, sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let Some((id, public_key, sealed)) = kept else { return Ok(None) };
        let seed = self.column_cipher().open(TABLE, COLUMN, &id, &sealed).map_err(|source| StoreError::Column {
            table: TABLE,
            column: COLUMN,
            id: id.clone(),
            source,
        })?;
        let bad = |reason: &str| StoreError::BadRow { table: TABLE, id: id.clone(), reason: reason.to_owned() };
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| bad("its seed has not 32 bytes"))?;
        let key = SigningKey::from_bytes(seed);
        // The column beside it is not sealed; what is signed with one key must not name another.
        if hex::encode(key.verifying_key().as_bytes()) != public_key {
            return Err(bad("its public key is not that of its seed"));
        }
        Ok(Some((id, key)))
    }

    fn make_signing_key(&self) -> Result<(String, SigningKey), StoreError> {
        let mut seed = Zeroizing::new([0u8; 32]);
        self.entropy().fill(seed.as_mut_slice());
        let key = SigningKey::from_bytes(&seed);
        let id = uuid_v7(self.clock(), self.entropy());
        let sealed = self
            .column_cipher()
            .seal(TABLE, COLUMN, &id, seed.as_slice())
            .map_err(|source| StoreError::Column { table: TABLE, column: COLUMN, id: id.clone(), source })?;
        row::execute(
            &self.conn,
            "INSERT INTO audit_signing_keys (id, public_key, encrypted_seed, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![id, hex::encode(key.verifying_key().as_bytes()), sealed, self.now()],
        )?;
        Ok((id, key))
    }
}
