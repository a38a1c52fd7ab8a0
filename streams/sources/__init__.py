"""One file per source; each copies an allow-list of fields and drops the rest at the door."""
