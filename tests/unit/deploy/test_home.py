"""The data folder: one run at a time, and a killed run's remains are cleared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy import home
from deploy.settings import HomeSettings, platform_folder
from streams.errors import Misconfigured


def test_strangers_may_not_read_the_data(tmp_path: Path) -> None:
    folder = home.make(tmp_path / "data")
    assert folder.stat().st_mode & 0o066 == 0
    assert (folder / "logs").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Misconfigured, match="set HUIYING_HOME"):
        home.make(tmp_path / "file" / "data")


def test_a_second_run_on_the_same_data_is_refused_with_the_firsts_process(tmp_path: Path) -> None:
    with home.held(tmp_path):
        assert home.is_held(tmp_path)
        with pytest.raises(Misconfigured, match=f"already runs on .* \\(process {os.getpid()}\\)"), home.held(tmp_path):
            pass
        assert home.is_held(tmp_path)
    assert not home.is_held(tmp_path)
    with home.held(tmp_path):
        pass


def test_nobody_holds_a_folder_that_was_never_used(tmp_path: Path) -> None:
    assert not home.is_held(tmp_path)


def test_what_a_killed_run_left_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as left:
        home.write_running(tmp_path, {"kafka": left.pid})
        assert list(home.read_running(tmp_path)) == ["kafka"]
        assert home.clear_leftovers(tmp_path) == ["kafka"]
        assert not psutil.pid_exists(left.pid)
    assert home.clear_leftovers(tmp_path) == []


def test_a_process_number_that_somebody_else_has_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        rows = {"kafka": {"pid": other.pid, "born": psutil.Process(other.pid).create_time() - 100}}
        (tmp_path / home.RUNNING).write_text(json.dumps(rows))
        assert home.clear_leftovers(tmp_path) == []
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kafka": 1}', '{"kafka": {"pid": "x", "born": 1}}'])
def test_a_damaged_list_of_processes_is_no_list(tmp_path: Path, text: str) -> None:
    (tmp_path / home.RUNNING).write_text(text)
    assert home.read_running(tmp_path) == {}


def test_root_gets_a_system_folder_and_a_user_his_own() -> None:
    environ = {"HOME": "/home/a"}
    assert platform_folder("data", environ, root=True) == Path("/var/lib/huiying")
    assert platform_folder("cache", environ, root=True) == Path("/var/cache/huiying")
    assert platform_folder("data", environ, root=False, platform="linux") == Path("/home/a/.local/share/huiying")
    environ["XDG_CACHE_HOME"] = "/cache"
    assert platform_folder("cache", environ, root=False, platform="linux") == Path("/cache/huiying")


def test_a_named_home_is_made_absolute() -> None:
    assert HomeSettings(home="here").folder == Path.cwd() / "here"
