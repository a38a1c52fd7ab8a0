"""Settings of the console: where it listens, how long people stay signed in, and a city's own identity provider."""

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
    console_api_requests: float = setting(20.0, "requests a second that an API token may make on average; 0: any")
    console_open311_source: str = setting("hotline", "source that requests by Open311 count as")
    console_source_quiet_minutes: int = setting(360, "minutes without a post after which a source is shown as quiet")


@dataclass(frozen=True)
class OidcSettings:
    """A city's own identity provider (OpenID Connect); HUIYING_CONSOLE_URL must be set beside it."""

    oidc_issuer: str = setting("", "the provider's https:// address, exactly as it calls itself; empty: none")
    oidc_client_id: str = setting("", "who this console is at the provider")
    oidc_client_secret: str = setting("", "its secret there; empty: a public client, by PKCE alone", secret=True)
    oidc_claim: str = setting("preferred_username", "claim that names a person: a username here, or its 外部标识")
    oidc_name: str = setting("统一身份认证", "what the sign-in page calls it")
    oidc_ca: str = setting("", "file with the CA certificate of the provider; empty: the machine's own")
