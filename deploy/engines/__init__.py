"""The real Kafka and Elasticsearch as child processes of this machine, fetched once by pinned version and checksum."""
