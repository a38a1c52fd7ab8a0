"""The HTTP intake: posts come in by HTTP, and are answered only after Kafka has acknowledged them."""
