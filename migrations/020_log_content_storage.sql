-- Gzip of the extracted text; rows from before stay NULL and are read from file_path.
ALTER TABLE log_files ADD COLUMN content_compressed BLOB;
