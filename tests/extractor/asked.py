"""What a load of forecasts asks the forecast API for."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tests.conftest import Outcome
from tests.documents import forecast_for
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse

DAY = ("--from", "2025-06-08", "--to", "2025-06-09")
HOUR = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T07:00")
# It is not asked again, as it demands too long a wait.
OUT_OF_ORDER = Answer(503, b"out of order", headers={"Retry-After": "90"})


def asset_and_version(target: str) -> tuple[str, str]:
    """What a request asked for."""
    question = parse_qs(urlsplit(target).query)
    return question["asset_id"][0], question["version"][0]


Load = Callable[..., Outcome]


def asked(server: HttpServer) -> list[tuple[str, str]]:
    return sorted(asset_and_version(target) for target, _ in server.requests)


def pass_time(warehouse: Warehouse, minutes: float) -> None:
    """Move all recorded failures this far into the past."""
    with warehouse.connect() as connection:
        connection.execute(
            "update raw.forecast_absence set asked_utc = asked_utc - %s * interval '1 minute'",
            [minutes],
        )


def silent(*assets: str) -> Callable[[str], Answer]:
    """An API that has no answer for these assets."""

    def answer(target: str) -> Answer:
        is_silent = asset_and_version(target)[0] in assets
        return OUT_OF_ORDER if is_silent else Answer(body=forecast_for(target))

    return answer
