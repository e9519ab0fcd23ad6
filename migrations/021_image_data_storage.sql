-- Raw bytes; rows from before stay NULL and are read from file_path.
ALTER TABLE image_attachments ADD COLUMN image_data BLOB;
