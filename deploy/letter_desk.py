"""Dead letters as the console works on them: `alerts.console.parts.Letters` over Elasticsearch and Kafka."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streams import hold, letters
from streams.clock import ms
from streams.elastic import Elastic
from streams.settings import KafkaSettings, WorkerSettings


@dataclass(frozen=True)
class LetterDesk:
    """See `alerts.console.parts.Letters`."""

    elastic: Elastic
    kafka: KafkaSettings
    worker: WorkerSettings

    async def letter(self, letter_id: str) -> Mapping[str, Any] | None:
        """Return a letter's fields and what was done about it."""
        found = await letters.one(self.elastic, letter_id)
        if found is None:
            return None
        one = found[0]
        own = {name: getattr(one.letter, name) for name in letters.LETTER}
        return own | {"state": one.state, "by": one.by, "changed_at": one.changed_at, "note": one.note}

    async def content(self, letter_id: str) -> tuple[Mapping[str, str], str]:
        """Return what it holds, masked."""
        found = await letters.one(self.elastic, letter_id)
        if found is None:
            return {}, letters.GONE
        content = await letters.content(self.kafka, found[0].letter)
        return content.fields, content.problem

    async def replay(self, letter_id: str, changes: Mapping[str, str], *, by: str, now: datetime) -> str:
        """Mend it and send it on; return why not, if not."""
        found = await letters.one(self.elastic, letter_id)
        if found is None:
            return letters.GONE
        sent = await letters.replay(
            self.elastic, self.kafka, [found], changes=changes, by=by, now_ms=ms(now),
            future_ms=self.worker.worker_future * 1000,
        )  # fmt: skip
        return sent.failed[0][1] if sent.failed else ""

    async def dismiss(self, letter_id: str, *, by: str, note: str, now: datetime) -> None:
        """Mark it as dismissed."""
        found = await letters.one(self.elastic, letter_id)
        if found is not None:
            await letters.mark(self.elastic, [found[1]], "dismissed", by=by, note=note, now_ms=ms(now))

    async def hold(self) -> tuple[int, str] | None:
        """Return the hold that lasts."""
        found = await hold.read(self.elastic)
        return (found.at, found.why) if found is not None and found.lasts else None

    async def resume(self, now: datetime) -> bool:
        """End a hold."""
        return await hold.resume(self.elastic, ms(now)) is not None
