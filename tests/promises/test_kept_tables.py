"""What dbt's own incremental tables would silently do to a mart, and the strategy here does not.

A mart is added to a copy of the project, built, changed, and built again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.arrivals import land, technical_data
from tests.dbt_project import DbtOutcome, copy_of_project, dbt
from tests.warehouses import Warehouse

KEY = """
    select pg_get_constraintdef(oid)
    from pg_constraint
    where conrelid = 'plants'::regclass and contype = 'p'
"""
COMMENTS = """
    select objsubid, pg_description.xmin::text, description
    from pg_description
    where objoid = 'plants'::regclass
    order by objsubid
"""


@dataclass
class Mart:
    """The mart `plants`: an asset in each row, with what the columns say."""

    warehouse: Warehouse
    project: Path

    def write(self, config: str, **columns: str) -> None:
        """Write the model: its configuration, and an expression for each column."""
        selected = ", ".join(f"{column} as {name}" for name, column in columns.items())
        (self.project / "models/marts/plants.sql").write_text(
            f"{{{{ config({config}) }}}} select {selected} from {{{{ ref('assets') }}}}"
        )

    def describe(self, *columns: dict[str, Any]) -> None:
        """Write its YAML: a contract with these columns."""
        model = {"name": "plants", "description": "Asset: a plant."}
        (self.project / "models/marts/plants.yml").write_text(
            yaml.safe_dump({"models": [{**model, "columns": list(columns)}]})
        )

    def build(self) -> DbtOutcome:
        target = self.project.parent / "target"
        command = ("run", "--select", "+plants", "--project-dir", str(self.project))
        return dbt(self.warehouse.environment, target, *command)

    def refused(self, capfd: pytest.CaptureFixture[str]) -> str:
        """The message with which a build refuses the mart."""
        capfd.readouterr()
        assert self.build().statuses["plants"] == "error"
        return " ".join(capfd.readouterr().out.split())


@pytest.fixture
def mart(built_warehouse: Warehouse, tmp_path: Path) -> Mart:
    project = copy_of_project(tmp_path / "dbt_project")
    with built_warehouse.connect() as connection:
        land(connection, [technical_data(1, 1000.0)])
    return Mart(built_warehouse, project)


def column(name: str, data_type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "data_type": data_type, "description": f"The {name}.", **more}


NO_CONTRACT = "unique_key='asset_id', contract={'enforced': false}"
CONTRACT = "unique_key='asset_id'"


def test_a_table_may_have_one_key_column_and_no_yaml(mart: Mart) -> None:
    mart.write(NO_CONTRACT, asset_id="asset_id", power_kw="capacity_kw")
    assert mart.build().success
    assert mart.warehouse.rows("select * from plants") == [("A", 1000.0)]
    assert mart.warehouse.value(KEY) == "PRIMARY KEY (asset_id)"
    with mart.warehouse.connect() as connection:
        land(connection, [technical_data(2, 2000.0)])
    assert mart.build().success
    assert mart.warehouse.rows("select * from plants") == [("A", 2000.0)]


def test_a_column_is_added_under_a_consumers_view(mart: Mart) -> None:
    mart.write(CONTRACT, asset_id="asset_id", power_kw="capacity_kw")
    described = [column("asset_id", "text"), column("power_kw", "double precision")]
    mart.describe(*described)
    assert mart.build().success
    with mart.warehouse.connect() as connection:
        connection.execute("create view mine as select * from plants")
    mart.write(CONTRACT, asset_id="asset_id", power_kw="capacity_kw", state="status")
    mart.describe(*described, column("state", "text", constraints=[{"type": "not_null"}]))
    assert mart.build().success
    assert mart.warehouse.rows("select * from plants") == [("A", 1000.0, "operational")]
    assert mart.warehouse.rows("select * from mine") == [("A", 1000.0)]
    required = "select attnotnull from pg_attribute where attrelid = 'plants'::regclass"
    assert mart.warehouse.value(f"{required} and attname = 'state'") is True


def test_another_type_is_refused(mart: Mart, capfd: pytest.CaptureFixture[str]) -> None:
    mart.write(CONTRACT, asset_id="asset_id", power_kw="round(capacity_kw)::integer")
    mart.describe(column("asset_id", "text"), column("power_kw", "integer"))
    assert mart.build().success
    mart.write(CONTRACT, asset_id="asset_id", power_kw="capacity_kw * 1.5")
    mart.describe(column("asset_id", "text"), column("power_kw", "double precision"))
    assert "power_kw cannot become double precision in place" in mart.refused(capfd)
    assert mart.warehouse.rows("select * from plants") == [("A", 1000)]


def test_a_column_that_goes_is_refused(mart: Mart, capfd: pytest.CaptureFixture[str]) -> None:
    mart.write(NO_CONTRACT, asset_id="asset_id", power_kw="capacity_kw")
    assert mart.build().success
    mart.write(NO_CONTRACT, asset_id="asset_id")
    assert "power_kw cannot go in place" in mart.refused(capfd)
    assert mart.warehouse.rows("select * from plants") == [("A", 1000.0)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NO_CONTRACT, "materialized='view', contract={'enforced': false}"),
        ("materialized='view', contract={'enforced': false}", NO_CONTRACT),
    ],
)
def test_a_table_that_becomes_a_view_or_the_reverse_is_refused(
    before: str, after: str, mart: Mart, capfd: pytest.CaptureFixture[str]
) -> None:
    mart.write(before, asset_id="asset_id")
    assert mart.build().success
    with mart.warehouse.connect() as connection:
        connection.execute("create view mine as select * from plants")
    mart.write(after, asset_id="asset_id")
    assert "drop it yourself" in mart.refused(capfd)
    assert mart.warehouse.rows("select * from mine") == [("A",)]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (f"{NO_CONTRACT}, grants={{'select': ['postgres']}}", "would revoke what others"),
        (f"{NO_CONTRACT}, on_schema_change='ignore'", "only append_new_columns works"),
        ("contract={'enforced': false}", "needs a unique_key"),
    ],
)
def test_what_would_hurt_others_is_refused_with_the_reason(
    config: str, reason: str, mart: Mart, capfd: pytest.CaptureFixture[str]
) -> None:
    mart.write(config, asset_id="asset_id")
    assert reason in mart.refused(capfd)
    assert mart.warehouse.value("select to_regclass('plants')") is None


def test_only_a_comment_that_changed_is_written(mart: Mart) -> None:
    mart.write(CONTRACT, asset_id="asset_id", power_kw="capacity_kw")
    described = [column("asset_id", "text"), column("power_kw", "double precision")]
    mart.describe(*described)
    assert mart.build().success
    before = mart.warehouse.rows(COMMENTS)
    assert [row[2] for row in before] == ["Asset: a plant.", "The asset_id.", "The power_kw."]
    mart.describe(described[0], {**described[1], "description": "Its capacity in kW."})
    assert mart.build().success
    after = mart.warehouse.rows(COMMENTS)
    assert after[:2] == before[:2]
    assert after[2][2] == "Its capacity in kW."


@pytest.mark.parametrize("materialized", ["table", "ephemeral"])
def test_what_builds_cannot_keep_account_of_is_refused(
    materialized: str, mart: Mart, capfd: pytest.CaptureFixture[str]
) -> None:
    private = f"{NO_CONTRACT}, access='private', materialized='{materialized}'"
    mart.write(private, asset_id="asset_id")
    assert not mart.build().success
    assert f"plants: cannot be materialized as {materialized}: use view" in capfd.readouterr().out


def test_a_seed_as_a_parent_is_refused(mart: Mart, capfd: pytest.CaptureFixture[str]) -> None:
    (mart.project / "seeds").mkdir()
    (mart.project / "seeds/factors.csv").write_text("factor\n2\n")
    mart.write(NO_CONTRACT, asset_id="asset_id", factor="(select factor from {{ ref('factors') }})")
    assert not mart.build().success
    assert (
        "plants: reads the seed factors, and builds cannot tell when that" in capfd.readouterr().out
    )


def test_a_table_that_reads_a_source_is_refused(
    mart: Mart, capfd: pytest.CaptureFixture[str]
) -> None:
    mart.write(NO_CONTRACT, asset_id="(select max(asset_id) from {{ source('raw', 'document') }})")
    assert not mart.build().success
    assert "plants: reads a source: read a staging model" in capfd.readouterr().out


def test_a_table_always_has_its_unique_key(mart: Mart, capfd: pytest.CaptureFixture[str]) -> None:
    mart.write(CONTRACT, asset_id="asset_id", power_kw="capacity_kw")
    mart.describe(column("asset_id", "text"), column("power_kw", "double precision"))
    assert mart.build().success
    assert mart.warehouse.value(KEY) == "PRIMARY KEY (asset_id)"
    # Of two keys, one would merge rows that the other keeps apart.
    mart.write("unique_key=['asset_id', 'power_kw']", asset_id="asset_id", power_kw="capacity_kw")
    assert "its primary key is asset_id, but its unique_key is asset_id, power_kw" in mart.refused(
        capfd
    )
    assert mart.warehouse.rows("select * from plants") == [("A", 1000.0)]


def test_a_key_that_rows_share_is_refused_at_once(mart: Mart) -> None:
    mart.write(NO_CONTRACT, status="status")
    (mart.project / "models/marts/plants.sql").write_text(
        "{{ config(unique_key='status', contract={'enforced': false}) }}"
        " select 'on' as status from {{ ref('assets') }} union all select 'on'"
    )
    assert mart.build().statuses["plants"] == "error"
    assert mart.warehouse.value("select to_regclass('plants')") is None


def test_an_index_is_made_on_a_table_that_is_there_and_named(mart: Mart) -> None:
    names = """
        select indexrelid::regclass::text from pg_index
        where indrelid = 'plants'::regclass and not indisprimary order by 1
    """
    key, status = NO_CONTRACT, '{"columns": ["status", "asset_id"]}'
    mart.write(key, asset_id="asset_id", status="status")
    assert mart.build().success
    assert mart.warehouse.rows(names) == []
    mart.write(f"{key}, indexes=[{status}]", asset_id="asset_id", status="status")
    assert mart.build().success
    assert mart.warehouse.rows(names) == [("plants_by_status_and_asset_id",)]
    # As dbt named it.
    with mart.warehouse.connect() as connection:
        hashed = "0123456789abcdef0123456789abcdef"
        connection.execute(f'alter index plants_by_status_and_asset_id rename to "{hashed}"')
    more = f'{key}, indexes=[{status}, {{"columns": ["status"], "type": "hash"}}]'
    mart.write(more, asset_id="asset_id", status="status")
    assert mart.build().success
    assert mart.warehouse.rows(names) == [
        ("plants_by_status",),
        ("plants_by_status_and_asset_id",),
    ]


def test_a_view_without_yaml_may_change(mart: Mart) -> None:
    view = "materialized='view', contract={'enforced': false}"
    mart.write(view, asset_id="asset_id", power_kw="capacity_kw")
    assert mart.build().success
    mart.write(view, asset_id="asset_id", power_kw="capacity_kw * 2")
    assert mart.build().success
    assert mart.warehouse.rows("select * from plants") == [("A", 2000.0)]


@pytest.mark.parametrize("kind", ["var", "env_var"])
def test_a_variable_of_ones_own_is_a_part_of_the_rule(
    kind: str, mart: Mart, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = mart.project / "dbt_project.yml"
    written = project.read_text()
    factor = f"{{{{ {kind}('FACTOR') }}}}"
    mart.write(NO_CONTRACT, asset_id="asset_id", power_kw=f"capacity_kw * {factor}")
    for value, power_kw in ((1, 1000.0), (2, 2000.0)):
        monkeypatch.setenv("FACTOR", str(value))
        project.write_text(written.replace("vars:\n", f"vars:\n  FACTOR: {value}\n"))
        assert mart.build().success
        assert mart.warehouse.rows("select * from plants") == [("A", power_kw)]
