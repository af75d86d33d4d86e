"""Published versions: a folder each, `current`, checksums, rollback, retention, remote copies."""
