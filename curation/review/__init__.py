"""Review: files as the desk sees them -> queue and diff -> a decision -> the file, the record and the audit at once."""
