//! The kinds of finding, their names and their rank.
//!
//! Owns: the label table. Must not know: how a kind is found.

use pii_scan::LabelInfo;

/// The kinds; of two findings of the same bytes the first in this order is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    PrivateKey,
    Jwt,
    CloudToken,
    VendorToken,
    ConnectionString,
    BasicAuth,
    Password,
}

/// One row per kind, in the order of `Kind`.
pub(crate) static LABELS: [LabelInfo; 7] = [
    row("PrivateKey", "a private key in PEM form, or what is in view of it", "-----BEGIN PRIVATE KEY-----"),
    row("Jwt", "a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
    row("CloudToken", "an access key of a cloud: AWS, Google, Azure, Alibaba, Tencent", "AKIA0000000000EXAMPLE"),
    row("VendorToken", "an access token of a vendor, known by its form", "ghp_000000000000000000000000000000000000"),
    row("ConnectionString", "the secret part of a connection string", "ada:secret@tcp(db:3306)"),
    row("BasicAuth", "user and password as a command's argument", "curl -u ada:secret"),
    row("Password", "a password in a command or a file of passwords, in clear or as its hash", "mysql -psecret"),
];

const fn row(label: &'static str, description: &'static str, example: &'static str) -> LabelInfo {
    LabelInfo { label, description, example }
}

impl Kind {
    pub(crate) fn label(self) -> &'static str {
        LABELS[self as usize].label
    }
}
