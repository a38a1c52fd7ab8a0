"""Settings of the console: where it listens and how long people stay signed in."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class ConsoleSettings:
    """Where the console listens and how long a session lasts."""

    console_host: str = setting("127.0.0.1", "address the console listens on")
    console_port: int = setting(8800, "port the console listens on")
    console_session_hours: int = setting(12, "hours after which everybody signs in again")
    console_idle_minutes: int = setting(120, "minutes without a page after which one signs in again")
    console_source_quiet_minutes: int = setting(360, "minutes without a post after which a source is shown as quiet")
