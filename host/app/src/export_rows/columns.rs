//! What each column is to an export. Whatever is not listed is text and passes the guard.

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// An id, a time, a digest or a word of the host's own.
    Structure,
    /// Anything that anybody wrote.
    Text,
    /// Ciphertexts and what belongs to them: in no export.
    Secret,
    /// A value that was found and is hidden elsewhere: in none that is redacted.
    Value,
    /// A log's text.
    LogText,
    /// Its redacted copy, which stands in its place.
    LogCopy,
    /// An image's bytes: nobody can look into them, so in no export that is redacted.
    Image,
}

/// Secret by name, in whatever table.
const SECRETS: [&str; 4] = ["auth_value", "env_config", "token_hash", "value_mac"];
/// A person or an account, whole: no detector knows every name.
const PERSONS: [&str; 3] = ["assigned_to", "username", "user_id"];
/// Parts of names that mean the same in tables to come.
const SECRET_PARTS: [&str; 3] = ["secret", "password", "private_key"];
/// Words that the host chooses.
const WORDS: [&str; 25] = [
    "severity",
    "status",
    "category",
    "mime_type",
    "pii_type",
    "state",
    "detector",
    "role",
    "doc_type",
    "event_type",
    "action",
    "entity_type",
    "service",
    "transport_type",
    "auth_type",
    "discovery_status",
    "decision",
    "approval_status",
    "label",
    "kind",
    "world",
    "version",
    "sha256",
    "timestamp",
    "plugin",
];
/// Longest text that is believed to be a word, an id, a digest or a time.
const PLAIN_BYTES_MAX: usize = 128;

/// What a column of a table is.
pub(super) fn use_of(table: &str, column: &str) -> Use {
    match (table, column) {
        ("log_files", "content_compressed") => Use::LogText,
        ("log_files", "redacted_compressed") => Use::LogCopy,
        ("image_attachments", "image_data") => Use::Image,
        ("plugin_code_key", "key") => Use::Secret,
        // A plugin's own bytes, of whatever kind.
        ("plugin_state", "value") => Use::Secret,
        ("pii_spans", "original_value") => Use::Value,
        // Headers and arguments of foreign making: a token may be anywhere in them.
        ("ai_providers", "options") | ("mcp_servers", "transport_config") => Use::Value,
        _ if PERSONS.contains(&column) => Use::Value,
        _ if column.starts_with("encrypted_") || SECRETS.contains(&column) => Use::Secret,
        _ if SECRET_PARTS.iter().any(|part| column.contains(part)) => Use::Secret,
        _ if column == "id" || column.ends_with("_id") || is_time(column) => Use::Structure,
        _ if column.ends_with("_hash") || WORDS.contains(&column) => Use::Structure,
        _ => Use::Text,
    }
}

fn is_time(column: &str) -> bool {
    column.ends_with("_at") || column == "timestamp"
}

/// Whether a text is what its column says it is; a stranger's database may hold anything anywhere.
pub(super) fn is_plain(column: &str, text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.as_bytes().get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if text.len() > PLAIN_BYTES_MAX {
        return false;
    }
    if is_time(column) {
        // 2026-11-21 10:00:00, also with a fraction, a zone, or ` UTC`.
        let known = |b: u8| b.is_ascii_digit() || b"-:. TZUC+".contains(&b);
        return text.is_empty() || (digits(0..4) && text.as_bytes().get(4) == Some(&b'-') && text.bytes().all(known));
    }
    if column == "mime_type" || column == "version" {
        return text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.+-; =".contains(&b)) && !digits(0..1);
    }
    if column == "id" || column.ends_with("_id") {
        return is_id(text);
    }
    if column.ends_with("_hash") || column == "sha256" {
        return text.bytes().all(|b| b.is_ascii_hexdigit());
    }
    // Words of ours are in lower case; a telephone or card number is digits alone.
    let letters = text.bytes().any(|b| b.is_ascii_lowercase());
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-:/.@".contains(&b);
    let label = matches!(column, "label" | "pii_type") && text.bytes().all(|b| b.is_ascii_alphanumeric());
    label || text.bytes().all(known) && (letters || text.len() < 7) && !text.contains('@')
}

/// A UUID, or a seed's or plugin's id: words in lower case joined by dashes.
fn is_id(text: &str) -> bool {
    let uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    uuid || text.is_empty() || text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_text_and_what_is_secret_is_so_everywhere() {
        for (table, column, expected) in [
            ("issues", "title", Use::Text),
            ("issues", "assigned_to", Use::Value),
            ("integration_config", "username", Use::Value),
            ("ai_providers", "options", Use::Value),
            ("settings", "key", Use::Text),
            ("log_files", "file_path", Use::Text),
            ("audit_log", "details", Use::Text),
            ("a_table_to_come", "note", Use::Text),
            ("ai_providers", "encrypted_api_key", Use::Secret),
            ("mcp_servers", "env_config", Use::Secret),
            ("a_table_to_come", "client_secret", Use::Secret),
            ("issue_pseudonyms", "encrypted_value", Use::Secret),
            ("ai_messages", "token_count", Use::Text),
            ("pii_spans", "original_value", Use::Value),
            ("issues", "id", Use::Structure),
            ("issues", "created_at", Use::Structure),
        ] {
            assert_eq!(use_of(table, column), expected, "{table}.{column}");
        }
    }

    #[test]
    fn a_strangers_text_in_a_column_of_ids_is_no_id() {
        for (column, text, plain) in [
            ("id", "01a1fea9-b44d-73d1-b7c6-fb0989d7d8cd", true),
            ("id", "kubectl-get", true),
            ("id", "Anna-Berg-SSN-123-45-6789", false),
            ("id", "sk_live_4eC39", false),
            ("content_hash", "00ff", true),
            ("category", "hunter2SecretPassword", false),
            ("pii_type", "BearerToken", true),
            ("id", "anna.berg@example.com", false),
            ("entity_id", "10.0.0.1", false),
            ("id", "4111111111111111", false),
            ("id", "555-123-4567", false),
            ("created_at", "2026-11-21 10:00:00", true),
            ("created_at", "2026-11-21T10:00:00.123Z", true),
            ("created_at", "2026-11-21 10:00:00 UTC", true),
            ("created_at", "10.0.0.1", false),
            ("created_at", "anna", false),
            ("mime_type", "text/plain", true),
            ("mime_type", "anna@example.com", false),
            ("mime_type", "10.0.0.1", false),
            ("severity", "high", true),
            ("severity", "call anna", false),
        ] {
            assert_eq!(is_plain(column, text), plain, "{column} {text}");
        }
        assert!(!is_plain("id", &"a".repeat(129)));
    }
}
