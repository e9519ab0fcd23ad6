ALTER TABLE mcp_servers ADD COLUMN env_config TEXT;
