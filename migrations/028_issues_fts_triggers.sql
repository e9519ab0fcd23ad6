-- An external-content table learns of a change only by being told; 'delete' needs the values it indexed.
CREATE TRIGGER issues_fts_insert AFTER INSERT ON issues BEGIN
    INSERT INTO issues_fts (rowid, id, title, description) VALUES (new.rowid, new.id, new.title, new.description);
END;
CREATE TRIGGER issues_fts_delete AFTER DELETE ON issues BEGIN
    INSERT INTO issues_fts (issues_fts, rowid, id, title, description)
    VALUES ('delete', old.rowid, old.id, old.title, old.description);
END;
CREATE TRIGGER issues_fts_update AFTER UPDATE OF id, title, description ON issues BEGIN
    INSERT INTO issues_fts (issues_fts, rowid, id, title, description)
    VALUES ('delete', old.rowid, old.id, old.title, old.description);
    INSERT INTO issues_fts (rowid, id, title, description) VALUES (new.rowid, new.id, new.title, new.description);
END;
INSERT INTO issues_fts (issues_fts) VALUES ('rebuild');
