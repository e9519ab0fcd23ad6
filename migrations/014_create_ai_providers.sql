CREATE TABLE ai_providers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    plugin TEXT NOT NULL,
    api_url TEXT NOT NULL,
    encrypted_api_key TEXT,
    model TEXT NOT NULL,
    max_tokens INTEGER,
    temperature REAL,
    options TEXT NOT NULL DEFAULT '{}',
    supports_tool_calling INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
