"""(d) quixstreams on the same pages, with our analysis and the same bulk, in a sink of its own kind."""

from __future__ import annotations

import sys
from typing import Any

from ours import Sink, settings
from quixstreams import Application
from quixstreams.sinks import BatchingSink

kafka, elastic = settings(sys.argv[1])
prefix = kafka["kafka_prefix"]


class Store(BatchingSink):  # type: ignore[misc]
    """Takes what came since the last commit, 5 pages a request as Huiying does."""

    def __init__(self) -> None:
        super().__init__()
        self.sink = Sink(elastic)

    def write(self, batch: Any) -> None:
        """Score and store a batch."""
        items = list(batch)
        for at in range(0, len(items), 5):
            part = items[at : at + 5]
            self.sink.write([item.value for item in part], part[0].offset)


app = Application(broker_address=kafka["kafka"], consumer_group=prefix + "d", auto_offset_reset="earliest",
                  commit_every=5, auto_create_topics=False, loglevel="WARNING")  # fmt: skip
topic = app.topic(prefix + "posts.live", value_deserializer="bytes", key_deserializer="bytes")
app.dataframe(topic).sink(Store())
app.run()
