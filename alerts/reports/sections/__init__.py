"""The parts of reports: from plain numbers to sections of the content tree, small counts suppressed here."""
