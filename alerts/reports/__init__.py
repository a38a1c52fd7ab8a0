"""Reports: one content tree, rendered to HTML, DOCX and PDF."""
