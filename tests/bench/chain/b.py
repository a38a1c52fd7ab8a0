"""(b) The obvious Faust application: a post a message, `async for`, SnowNLP, one index call a post."""

from __future__ import annotations

import json
import sys
from typing import Any

import faust
from elasticsearch import AsyncElasticsearch
from snownlp import SnowNLP

kafka, elastic = json.loads(sys.argv[1])
prefix = kafka["kafka_prefix"]
app = faust.App(prefix + "b", broker=f"kafka://{kafka['kafka']}", topic_disable_leader=True, topic_allow_declare=False,
                consumer_auto_offset_reset="earliest", table_standby_replicas=0)  # fmt: skip
topic = app.topic(prefix + "posts.live")
store = AsyncElasticsearch(elastic["elasticsearch"])


@app.agent(topic)
async def score(posts: Any) -> None:
    async for page in posts:
        post = page["posts"][0]
        doc = {"id": post["native_id"], "source": post["source"], "text": post["text"], "posted_at": post["posted_at"]}
        mood = SnowNLP(post["text"]).sentiments
        doc["sentiment"] = "pos" if mood > 0.6 else "neg" if mood < 0.4 else "neu"
        doc["sentiment_p"] = mood
        await store.index(index=f"{prefix}opinions-2024.05", id=post["native_id"], document=doc)


sys.argv[1:] = ["worker", "-l", "warn", "--without-web"]
app.main()
