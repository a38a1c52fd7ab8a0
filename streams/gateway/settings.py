"""Settings of the HTTP intake."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class GatewaySettings:
    """Where the intake listens, and how much it takes. Rates are for each key; more than that is answered with 429."""

    gateway_host: str = setting("127.0.0.1", "address the HTTP intake listens on")
    gateway_port: int = setting(8801, "port the HTTP intake listens on")
    gateway_certificate: str = setting("", "file with the intake's TLS certificate; empty: plain HTTP")
    gateway_private_key: str = setting("", "file with the certificate's private key")
    gateway_keys: str = setting("", "file with the hashes of keys; empty: gateway-keys.json in the data folder")
    gateway_wechat: str = setting("", "file with own WeChat accounts that push (deploy/wechat_push.example.toml)")
    gateway_body: int = setting(4 * 1024 * 1024, "bytes of one request's body, unpacked")
    gateway_requests: float = setting(20.0, "requests a second, twice as many at once")
    gateway_posts: float = setting(1000.0, "posts a second over time, bad items included")
    gateway_bad: float = setting(200.0, "items a minute over time that may be bad")
    gateway_busy: int = setting(32, "requests handled at once, half of them for one key; more are answered with 503")
    gateway_acknowledge: float = setting(10.0, "seconds for Kafka to acknowledge, then 503")
    gateway_slow: float = setting(10.0, "seconds for a client to send its head, and again for its body")
    gateway_metrics: str = setting("", "host:port at which the intake answers Prometheus; empty: nowhere")
