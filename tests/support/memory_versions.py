"""Versions of the rulebook in memory: keeps the promises that `tests/contract/test_rulebook_versions.py` holds."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.rulebook_versions import Version, decided


class MemoryVersions:
    """Versions as they stand."""

    def __init__(self, *versions: Version) -> None:
        self.kept = {one.id: one for one in versions}

    async def create(self, version: Version) -> None:
        self.kept.setdefault(version.id, version)

    async def decide(self, version: str, decision: str, *, by: str, reason: str, at: int) -> Version | None:
        if version not in self.kept:
            return None
        self.kept[version] = decided(self.kept[version], decision, by=by, reason=reason, at=at)
        return self.kept[version]

    async def get(self, version: str) -> Version | None:
        return self.kept.get(version)

    async def list(self) -> Sequence[Version]:
        return sorted(self.kept.values(), key=lambda one: (-one.at, one.id))
