"""Files: attachments and pictures."""
