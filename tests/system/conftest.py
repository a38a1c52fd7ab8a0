"""The running product, driven from outside: nothing of ours is imported here or in this folder.

`product` is one `huiying up` in a folder of its own, with real Kafka and Elasticsearch, a real mail server and a robot
that refuses at first. The engines' downloads are shared between runs by HUIYING_TEST_CACHE.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from product import Letters, Product, Robot, Session, add_person, data_folder, running, serve


@pytest.fixture(scope="session")
def letters() -> Iterator[Letters]:
    """A mail server."""
    server = Letters()
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.fixture(scope="session")
def robot() -> Iterator[Robot]:
    """A group robot."""
    one = Robot()
    server = serve(one)
    yield one
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def product(letters: Letters, robot: Robot) -> Iterator[Product]:
    """One `huiying up` for all system tests."""
    with data_folder("system") as home, running(
        "up", home, mail_host="127.0.0.1", mail_port=str(letters.controller.port), mail_to="duty@example.org",
        wecom_webhook=robot.url, watch_every="1", worker_retry_first="0.5", worker_retry_most="4",
        tell_most="200",  # the tests' surges come faster than a city's; the flood has its own
    ) as one:  # fmt: skip
        yield one


@pytest.fixture(scope="session")
def admin(product: Product) -> Iterator[Session]:
    """The first person, with the sign-in that was printed once."""
    with Session(product, *product.first_sign_in) as one:
        yield one


@pytest.fixture(scope="session")
def officer(product: Product) -> Iterator[Session]:
    """A person on duty."""
    with Session(product, *add_person(product, "officer1", "值班员甲", "officer")) as one:
        yield one


@pytest.fixture(scope="session")
def leader(product: Product) -> Iterator[Session]:
    """A leader, who signs what others drafted."""
    with Session(product, *add_person(product, "leader1", "带班领导乙", "leader")) as one:
        yield one
