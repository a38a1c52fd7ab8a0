"""The city that is served: its file of places, read once at start; and the making of such a file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alerts.alert import LEVEL_NAMES, name_levels
from alerts.settings import WatchSettings
from analyzers import places
from deploy.parts import Settings
from deploy.settings import PlacesSettings
from streams.errors import Misconfigured


def read_city(path: Path, given: str) -> places.Gazetteer:
    """Read a file of places; `given` is what named it. Raises Misconfigured if it is missing or of another form."""
    path = path.expanduser()
    try:
        return places.Gazetteer.read(path)
    except OSError as error:
        raise Misconfigured(f"{given}={path}: {error.strerror}; make it with `huiying places build`") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise Misconfigured(
            f"{given}={path} is no file of places ({error}); make one with `huiying places build`"
        ) from error


def serve(settings: Settings) -> None:
    """Make this process serve the city that the settings name, its levels by its names. Raises Misconfigured."""
    style = settings[WatchSettings].alert_levels
    if style not in LEVEL_NAMES:
        raise Misconfigured(f"HUIYING_ALERT_LEVELS={style}: it is {' or '.join(LEVEL_NAMES)}")
    name_levels(style)
    given = settings[PlacesSettings].places
    places.serve(read_city(Path(given), "HUIYING_PLACES") if given else None)


def run_places_build(adcodes: Path, city: str, tree: Path | None, out: Path) -> None:
    """Make the file of a city's places, and say what is in it."""
    from analyzers.training.places import build, write

    try:
        table = build(adcodes, city, tree)
        write(table, out)
    except OSError as error:
        raise Misconfigured(f"{error.filename}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{adcodes if tree is None else f'{adcodes} or {tree}'} is not in UTF-8") from error
    except (LookupError, ValueError) as error:
        raise Misconfigured(str(error)) from error
    towns = [town for county in table.counties for town in county.towns]
    print(
        f"{out}: {table.name} with {len(table.counties)} counties, {len(towns)} towns and "
        f"{sum(len(town.villages) for town in towns)} villages; name it in HUIYING_PLACES"
    )
