CREATE VIRTUAL TABLE issues_fts USING fts5(id UNINDEXED, title, description, content='issues', content_rowid='rowid');
