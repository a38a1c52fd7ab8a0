"""From sources to tallies: records, codec, sources, the scoring worker, the Elasticsearch gateway."""
