"""Every part that has settings, and what is read from beside the code: the composition root's shelf."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from alerts.console.settings import ConsoleSettings, OidcSettings
from alerts.reports.settings import ReportSettings
from alerts.rulebook import load_rulebook
from alerts.rules import Rule
from alerts.settings import MailSettings, RobotSettings, SmsSettings, TellSettings, WatchSettings, WeComAppSettings
from deploy.home import is_held
from deploy.settings import EngineSettings, HomeSettings, PlacesSettings
from streams.clock import Clock, clock_from
from streams.gateway.settings import GatewaySettings
from streams.settings import ElasticSettings, KafkaSettings, SourceSettings, WorkerSettings, load

HERE = Path(__file__).parent
RULEBOOK = HERE / "rulebook.yml"
LEDGER_TABLE = HERE / "ledger.yml"
RUBRIC = HERE / "rubric.yml"
DEMO_CLOCK = "clock.txt"
"""File in the demo's folder that names its clock, for tools in another shell."""
PARTS: tuple[type[Any], ...] = (
    HomeSettings, PlacesSettings, EngineSettings, KafkaSettings, ElasticSettings, WorkerSettings, SourceSettings,
    GatewaySettings, WatchSettings, TellSettings, MailSettings, RobotSettings, WeComAppSettings, SmsSettings,
    ConsoleSettings, OidcSettings, ReportSettings,
)  # fmt: skip
"""Every settings part of Huiying, in the order in which the README shows them."""
Part = TypeVar("Part")


class Settings:
    """All parts' settings, read once: the environment over `huiying.toml` in the data folder over the defaults."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """Read them. Raises Misconfigured for an unknown name, a wrong type or an unreadable file."""
        here = {key: text for key, text in environ.items() if key == "HUIYING_HOME"}
        home = cast("HomeSettings", load([HomeSettings], here)[HomeSettings])
        self.values = load(PARTS, environ, home.folder / "huiying.toml")

    def __getitem__(self, part: type[Part]) -> Part:
        """Return one part's settings."""
        return cast("Part", self.values[part])

    def clock(self) -> Clock:
        """Return the clock that all processes share: a tool beside a running demo takes the demo's."""
        return clock_from(self[WorkerSettings].clock or self._demo_clock())

    def _demo_clock(self) -> str:
        demo = self[HomeSettings].folder / "demo"
        try:
            return (demo / DEMO_CLOCK).read_text("utf-8") if is_held(demo) else ""
        except OSError:  # not written yet, or gone just now
            return ""


@cache
def rulebook() -> tuple[Rule, ...]:
    """Return the shipped rulebook's rules."""
    return tuple(load_rulebook(RULEBOOK.read_text("utf-8")))
