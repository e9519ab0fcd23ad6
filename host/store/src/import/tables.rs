//! The tables that come over, in an order in which every row finds the one that it belongs to.
//!
//! Columns are ours; where a version of the earlier products had another name for one, it stands in `from`. What a
//! source lacks gets its rule's default, so any subset of columns is read.

use super::cells::Rule;
use super::placeholders;
use super::rows::{Making, Stop};
use super::steps;

/// Most bytes of a text cell.
const TEXT_BYTES_MAX: u64 = 16 << 20;
/// Most bytes of a log's packed text: what 100 MiB have when nothing can be packed, and gzip's own.
const PACKED_BYTES_MAX: u64 = (100 << 20) + (1 << 20);
/// Largest size that a row says of its file: what every reader of JSON holds exactly.
const SIZE_BYTES_MAX: i64 = 1 << 53;
/// Most bytes of an image.
pub(super) const IMAGE_BYTES_MAX: u64 = 10 << 20;
const TITLE_CHARS_MAX: usize = 300;
const NAME_CHARS_MAX: usize = 512;
const PATH_CHARS_MAX: usize = 8_192;

/// How a table's rows come over.
pub(super) enum Way {
    /// Each as a row of ours.
    Rows,
    /// Each as a new link of our audit chain.
    Trail,
    /// Not at all.
    Never(&'static str),
}

/// Looks at a row that the rules have made; may change it, say something of it, or stop it.
type Step = fn(&mut Making<'_, '_>) -> Result<(), Stop>;

/// A table of ours.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) way: Way,
    /// What tells two rows to be the same.
    pub(super) key: &'static [&'static str],
    pub(super) columns: &'static [Column],
    /// Columns of the source that the step reads besides.
    pub(super) reads: &'static [&'static str],
    /// Columns of which no two rows have the same, with what is said of the row that stays out.
    pub(super) unique: &'static [(&'static [&'static str], &'static str)],
    /// What the rules cannot say.
    pub(super) step: Option<Step>,
}

/// A column of ours.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    /// Other names that it had.
    pub(super) from: &'static [&'static str],
    /// Cells above this are not read.
    pub(super) bytes_max: u64,
    /// Whether a difference here makes two rows different.
    pub(super) telling: bool,
}

const fn col(name: &'static str, rule: Rule) -> Column {
    Column { name, rule, from: &[], bytes_max: TEXT_BYTES_MAX, telling: true }
}

impl Column {
    const fn from(mut self, names: &'static [&'static str]) -> Self {
        self.from = names;
        self
    }

    const fn at_most(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    const fn ours(mut self) -> Self {
        self.telling = false;
        self
    }
}

const fn table(name: &'static str, columns: &'static [Column]) -> Table {
    Table { name, way: Way::Rows, key: &["id"], columns, reads: &[], unique: &[], step: None }
}

const ID: Column = col("id", Rule::Id);
const CREATED: Column = col("created_at", Rule::Stamp { or: None });
const NAME: Rule = Rule::Line { chars_max: NAME_CHARS_MAX, default: None };
const EMPTY_LINE: Rule = Rule::Line { chars_max: PATH_CHARS_MAX, default: Some("") };
const EMPTY_TEXT: Rule = Rule::Text { default: Some("") };
const COUNT: Rule = Rule::Integer { min: 0, max: i64::MAX, default: Some(0) };
const SIZE: Rule = Rule::Integer { min: 0, max: SIZE_BYTES_MAX, default: Some(0) };
const SERVICES: Rule = Rule::Word {
    words: &[("confluence", &[]), ("servicenow", &["service_now"]), ("azuredevops", &["azure_devops", "ado"])],
    otherwise: None,
};

/// All of them.
pub(super) static TABLES: &[Table] = &[
    table(
        "issues",
        &[
            ID,
            col("title", Rule::Line { chars_max: TITLE_CHARS_MAX, default: Some("Untitled") }),
            col("description", Rule::TextOrNone),
            col(
                "severity",
                Rule::Word {
                    words: &[
                        ("critical", &["p1", "sev1", "1", "urgent", "blocker"]),
                        ("high", &["p2", "sev2", "2", "major"]),
                        ("medium", &["p3", "sev3", "3", "moderate", "normal"]),
                        ("low", &["p4", "sev4", "4", "p5", "minor", "info"]),
                    ],
                    otherwise: Some("medium"),
                },
            ),
            col(
                "status",
                Rule::Word {
                    words: &[
                        ("open", &["new", "reopened", "todo"]),
                        ("investigating", &["in_progress", "triage", "triaging", "active", "analyzing"]),
                        ("resolved", &["fixed", "done", "solved"]),
                        ("closed", &["archived", "cancelled", "wontfix", "wont_fix"]),
                    ],
                    otherwise: Some("open"),
                },
            ),
            col("category", Rule::TextOrNone).from(&["domain"]),
            col("source", Rule::TextOrNone),
            CREATED,
            col("updated_at", Rule::Stamp { or: Some("created_at") }),
            col("resolved_at", Rule::StampOrNone),
            col("assigned_to", Rule::TextOrNone),
            col("tags", Rule::Tags),
        ],
    ),
    // Before every table whose texts have placeholders.
    Table {
        unique: &[
            (&["issue_id", "label", "ordinal"], "the issue has another value for this placeholder"),
            (&["issue_id", "value_mac"], "the issue has another placeholder for this value"),
        ],
        step: Some(placeholders::pseudonym),
        ..table(
            "issue_pseudonyms",
            &[
                ID,
                col("issue_id", Rule::Parent("issues")),
                col("label", NAME),
                col("ordinal", Rule::Integer { min: 1, max: placeholders::ORDINAL_MAX, default: None }),
                col("value_mac", Rule::Own),
                col(
                    "encrypted_value",
                    Rule::Sealed { required: true, again: "run `trcaa pii detect` on the log again" },
                ),
                CREATED,
            ],
        )
    },
    Table {
        step: Some(steps::log_file),
        ..table(
            "log_files",
            &[
                ID,
                col("issue_id", Rule::Parent("issues")),
                col("file_name", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("unnamed.log") }),
                col("file_path", EMPTY_LINE),
                col("file_size", SIZE),
                col("mime_type", Rule::TextOrNone),
                col("content_hash", Rule::TextOrNone),
                col("uploaded_at", Rule::Stamp { or: None }).from(&["created_at"]),
                // A copy that was redacted elsewhere or later is not less good than this one.
                col("redacted", Rule::Flag { default: 0 }).ours(),
                col("content_compressed", Rule::Blob).at_most(PACKED_BYTES_MAX),
                col("redacted_compressed", Rule::Blob).at_most(PACKED_BYTES_MAX).ours(),
                col("redacted_hash", Rule::TextOrNone).ours(),
            ],
        )
    },
    Table {
        step: Some(steps::span),
        ..table(
            "pii_spans",
            &[
                ID,
                col("log_file_id", Rule::Parent("log_files")),
                col("pii_type", NAME),
                col("start_offset", Rule::Integer { min: 0, max: i64::MAX, default: None }),
                col("end_offset", Rule::Integer { min: 1, max: i64::MAX, default: None }),
                // Emptied when redactions are applied, and set by the analyst: neither is news.
                col("original_value", EMPTY_TEXT).ours(),
                col("replacement", EMPTY_TEXT),
                col(
                    "state",
                    Rule::Word {
                        words: &[("undecided", &["pending"]), ("accepted", &["approved"]), ("rejected", &["ignored"])],
                        otherwise: Some("undecided"),
                    },
                )
                .ours(),
                col("confidence", Rule::RealOrNone),
                col("detector", Rule::TextOrNone),
            ],
        )
    },
    Table {
        step: Some(steps::image),
        ..table(
            "image_attachments",
            &[
                ID,
                col("issue_id", Rule::Parent("issues")),
                col("file_name", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("unnamed.png") }),
                col("file_path", EMPTY_LINE),
                col("file_size", SIZE),
                col(
                    "mime_type",
                    Rule::Word {
                        words: &[
                            ("image/png", &[]),
                            ("image/jpeg", &["image/jpg"]),
                            ("image/gif", &[]),
                            ("image/webp", &[]),
                            ("image/svg+xml", &[]),
                            ("image/bmp", &["image/x_ms_bmp"]),
                        ],
                        otherwise: Some("image/png"),
                    },
                ),
                col("upload_hash", Rule::Line { chars_max: 128, default: Some("") }),
                col("uploaded_at", Rule::Stamp { or: None }),
                col("pii_warning_acknowledged", Rule::Flag { default: 1 }),
                col("is_paste", Rule::Flag { default: 0 }),
                col("image_data", Rule::Blob).at_most(IMAGE_BYTES_MAX),
            ],
        )
    },
    table(
        "ai_conversations",
        &[
            ID,
            col("issue_id", Rule::Parent("issues")),
            col("provider", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("unknown") }),
            col("model", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("unknown") }),
            CREATED,
            col("title", Rule::TextOrNone),
        ],
    ),
    table(
        "ai_messages",
        &[
            ID,
            col("conversation_id", Rule::Parent("ai_conversations")),
            col(
                "role",
                Rule::Word {
                    words: &[("system", &[]), ("user", &["human"]), ("assistant", &["ai", "model", "bot"])],
                    otherwise: None,
                },
            ),
            col("content", EMPTY_TEXT),
            col("token_count", COUNT),
            CREATED,
        ],
    ),
    table(
        "ai_tool_calls",
        &[
            ID,
            col("conversation_id", Rule::Parent("ai_conversations")),
            col("turn", COUNT),
            col("call_id", EMPTY_LINE),
            col("tool_name", NAME),
            col("arguments", Rule::Object { bytes_max: 1 << 20 }),
            col("result", Rule::Verbatim),
            col("is_error", Rule::Flag { default: 0 }),
            CREATED,
        ],
    ),
    table(
        "resolution_steps",
        &[
            ID,
            col("issue_id", Rule::Parent("issues")),
            col("step_order", Rule::Integer { min: 1, max: 5, default: None }),
            col("why_question", EMPTY_TEXT),
            col("answer", Rule::TextOrNone),
            col("evidence", Rule::TextOrNone),
            CREATED,
        ],
    ),
    table(
        "documents",
        &[
            ID,
            col("issue_id", Rule::Parent("issues")),
            col(
                "doc_type",
                Rule::Word {
                    words: &[
                        ("rca", &["root_cause_analysis", "rca_report"]),
                        ("postmortem", &["post_mortem", "blameless_postmortem"]),
                    ],
                    otherwise: None,
                },
            ),
            col("title", Rule::Line { chars_max: TITLE_CHARS_MAX, default: Some("Untitled") }),
            col("content_md", EMPTY_TEXT),
            col("created_at", Rule::Millis { or: None }),
            col("updated_at", Rule::Millis { or: Some("created_at") }),
        ],
    ),
    Table {
        key: &["document_id", "revision"],
        ..table(
            "document_revisions",
            &[
                col("document_id", Rule::Parent("documents")),
                col("revision", Rule::Integer { min: 1, max: i64::MAX, default: None }),
                col("content_md", EMPTY_TEXT),
                col("saved_at", Rule::Millis { or: None }),
            ],
        )
    },
    table(
        "timeline_events",
        &[
            ID,
            col("issue_id", Rule::Parent("issues")),
            col(
                "event_type",
                Rule::Word {
                    words: &[
                        ("triage_started", &[]),
                        ("log_uploaded", &[]),
                        ("why_level_advanced", &[]),
                        ("root_cause_identified", &[]),
                        ("rca_generated", &[]),
                        ("postmortem_generated", &[]),
                        ("document_exported", &[]),
                    ],
                    otherwise: None,
                },
            ),
            col("description", EMPTY_TEXT),
            col("metadata", Rule::Object { bytes_max: trcaa_model::timeline::METADATA_BYTES_MAX }),
            CREATED,
        ],
    ),
    Table {
        key: &["key"],
        step: Some(steps::setting),
        ..table(
            "settings",
            &[
                col("key", Rule::Id),
                col("value", Rule::Line { chars_max: 4_096, default: Some("") }),
                col("updated_at", Rule::Stamp { or: None }).ours(),
            ],
        )
    },
    Table {
        unique: &[(&["service"], "the store has a token for this service")],
        step: Some(steps::credential),
        ..table(
            "credentials",
            &[
                ID,
                col("service", SERVICES),
                col("token_hash", Rule::Own).ours(),
                col(
                    "encrypted_token",
                    Rule::Sealed { required: true, again: "enter it again with `trcaa integration token SERVICE`" },
                ),
                CREATED,
                col("expires_at", Rule::StampOrNone),
            ],
        )
    },
    Table {
        unique: &[(&["service"], "the store has settings for this service")],
        step: Some(steps::integration),
        ..table(
            "integration_config",
            &[
                ID,
                col("service", SERVICES),
                col("base_url", NAME),
                col("username", Rule::TextOrNone),
                col("project_name", Rule::TextOrNone),
                col("space_key", Rule::TextOrNone),
                col("auto_create_enabled", Rule::Flag { default: 0 }).ours(),
                col("updated_at", Rule::Stamp { or: None }),
            ],
        )
    },
    Table {
        reads: &[
            "custom_endpoint_path",
            "custom_auth_header",
            "custom_auth_prefix",
            "api_format",
            "user_id",
            "use_datastore",
            "use_datastore_upload",
            "session_id",
        ],
        unique: &[(&["name"], "the store has another provider of this name")],
        step: Some(steps::provider),
        ..table(
            "ai_providers",
            &[
                ID,
                col("name", NAME),
                col("plugin", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("openai") }).from(&[
                    "provider_type",
                    "kind",
                    "provider",
                ]),
                col("api_url", EMPTY_LINE).from(&["base_url", "endpoint", "url"]),
                col(
                    "encrypted_api_key",
                    Rule::Sealed {
                        required: false,
                        again: "enter it again with `trcaa provider add NAME --key-stdin`",
                    },
                )
                .from(&["api_key"]),
                col("model", EMPTY_LINE).from(&["default_model"]),
                col("max_tokens", Rule::IntegerOrNone { min: 1, max: 1 << 40 }),
                col("temperature", Rule::RealOrNone),
                col("options", Rule::Object { bytes_max: 1 << 20 }),
                col("supports_tool_calling", Rule::FlagOrNone),
                CREATED,
                col("updated_at", Rule::Stamp { or: Some("created_at") }),
            ],
        )
    },
    Table {
        step: Some(steps::mcp_server),
        ..table(
            "mcp_servers",
            &[
                ID,
                col("name", NAME),
                col("url", EMPTY_LINE),
                col(
                    "transport_type",
                    Rule::Word { words: &[("stdio", &[]), ("http", &["sse", "streamable_http"])], otherwise: None },
                ),
                col("transport_config", Rule::Object { bytes_max: 1 << 20 }),
                col(
                    "auth_type",
                    Rule::Word {
                        words: &[
                            ("none", &[]),
                            ("api_key", &["apikey"]),
                            ("bearer", &["token"]),
                            ("oauth2", &["oauth"]),
                        ],
                        otherwise: Some("none"),
                    },
                ),
                col("auth_value", Rule::Sealed { required: false, again: "enter it again with `trcaa mcp edit`" }),
                col("enabled", Rule::Flag { default: 1 }).ours(),
                col("last_discovered_at", Rule::StampOrNone).ours(),
                col(
                    "discovery_status",
                    Rule::Word {
                        words: &[("pending", &[]), ("connected", &[]), ("unreachable", &[]), ("error", &[])],
                        otherwise: Some("pending"),
                    },
                )
                .ours(),
                col("discovery_error", Rule::TextOrNone).ours(),
                CREATED,
                col("updated_at", Rule::Stamp { or: Some("created_at") }).ours(),
                col(
                    "env_config",
                    Rule::Sealed { required: false, again: "enter it again with `trcaa mcp edit --env`" },
                ),
            ],
        )
    },
    table(
        "mcp_tools",
        &[
            ID,
            col("server_id", Rule::Parent("mcp_servers")),
            col("name", NAME),
            col("tool_key", NAME),
            col("description", Rule::TextOrNone),
            col("parameters", Rule::Object { bytes_max: 1 << 20 }),
        ],
    ),
    Table {
        step: Some(steps::mcp_resource),
        ..table(
            "mcp_resources",
            &[
                ID,
                col("server_id", Rule::Parent("mcp_servers")),
                col("uri", Rule::Line { chars_max: PATH_CHARS_MAX, default: None }),
                col("name", EMPTY_LINE),
                col("description", Rule::TextOrNone),
                col("mime_type", Rule::TextOrNone),
                col("discovered_at", Rule::Stamp { or: None }).ours(),
            ],
        )
    },
    Table {
        step: Some(steps::shell_command),
        ..table(
            "shell_commands",
            &[
                ID,
                col("command_template", Rule::Line { chars_max: PATH_CHARS_MAX, default: None }),
                col("tier", Rule::Integer { min: 1, max: 3, default: None }),
                col("description", Rule::TextOrNone),
                col(
                    "category",
                    Rule::Word {
                        words: &[("kubectl", &["kubernetes"]), ("proxmox", &[]), ("general", &[])],
                        otherwise: Some("general"),
                    },
                ),
                CREATED,
            ],
        )
    },
    Table {
        step: Some(steps::kubeconfig),
        ..table(
            "kubeconfig_files",
            &[
                ID,
                col("name", NAME),
                col(
                    "encrypted_content",
                    Rule::Sealed { required: true, again: "upload it again with `trcaa kubeconfig add`" },
                ),
                col("context", EMPTY_LINE),
                col("cluster_url", Rule::TextOrNone),
                col("is_active", Rule::Flag { default: 0 }).ours(),
                col("uploaded_at", Rule::Stamp { or: None }),
            ],
        )
    },
    table(
        "command_executions",
        &[
            ID,
            col("issue_id", Rule::ParentOrNone("issues")),
            col("command", EMPTY_TEXT),
            col("tier", Rule::Integer { min: 1, max: 3, default: None }),
            col(
                "approval_status",
                Rule::Word {
                    words: &[
                        ("auto", &["automatic", "auto_approved"]),
                        ("approved", &["allowed", "allow_once", "allow_session"]),
                        ("denied", &["deny", "rejected", "blocked"]),
                        ("timed_out", &["timeout"]),
                    ],
                    otherwise: None,
                },
            ),
            col("kubeconfig_id", Rule::ParentOrNone("kubeconfig_files")).ours(),
            col("exit_code", Rule::IntegerOrNone { min: i32::MIN as i64, max: i32::MAX as i64 }),
            col("stdout", Rule::Verbatim),
            col("stderr", Rule::Verbatim),
            col("execution_time_ms", Rule::IntegerOrNone { min: 0, max: i64::MAX }),
            col("executed_at", Rule::Stamp { or: None }),
        ],
    ),
    Table {
        way: Way::Never("a permission holds where it was given: none comes over"),
        ..table("approval_decisions", &[])
    },
    Table {
        way: Way::Trail,
        reads: &["prev_hash", "entry_hash"],
        step: Some(steps::audit),
        ..table(
            "audit_log",
            &[
                ID,
                col("timestamp", Rule::Stamp { or: None }),
                col("action", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("unknown") }),
                col("entity_type", EMPTY_LINE),
                col("entity_id", EMPTY_LINE),
                col("user_id", Rule::Line { chars_max: NAME_CHARS_MAX, default: Some("local") }),
                col("details", Rule::Details),
            ],
        )
    },
];

/// Tables that hold nothing of a user's, with no word in the report.
pub(super) fn is_bookkeeping(table: &str) -> bool {
    let table = table.to_ascii_lowercase();
    table == "_migrations"
        || table == crate::key_check::TABLE
        || table.starts_with("sqlite_")
        || table.starts_with("issues_fts")
}

/// Tables that are known and stay behind, with why.
pub(super) fn stays_behind(table: &str) -> &'static str {
    match table.to_ascii_lowercase().as_str() {
        "plugins" | "plugin_grants" | "plugin_publishers" | "plugin_versions" | "plugin_secrets" | "plugin_state"
        | "plugin_failures" | "plugin_asked" | "plugin_code_key" => {
            "plugins are installed, and their permissions given, on each machine anew"
        }
        _ => "this version has no place for it",
    }
}
