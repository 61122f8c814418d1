"""What arrives daily beside the forecasts: live infeed, final production, prices, redispatch."""

from datetime import datetime, timedelta

import psycopg

from extract.simulator.plan import SimulationPlan
from tests.benchmark.sizes import HISTORY_END

SAMPLES_PER_DAY = 1440
"""Of a live file: a sample every minute."""


def write_other_sources(
    connection: psycopg.Connection, plan: SimulationPlan, day_count: int
) -> None:
    """Write into raw what arrives in the days before HISTORY_END.

    A live file per day and asset; prices for every day; a redispatched hour per week and asset;
    final production for all days except the last (`write_last_final_production`).
    """
    begin = HISTORY_END - timedelta(days=day_count)
    _write_live_infeed(connection, plan, begin)
    _write_imbalance_prices(connection, begin)
    _write_redispatch(connection, plan, begin)
    _write_final_production(connection, plan, begin, HISTORY_END - timedelta(days=1))


def write_last_final_production(connection: psycopg.Connection, plan: SimulationPlan) -> None:
    """Write the final production that `write_other_sources` left out: one day for every asset."""
    _write_final_production(connection, plan, HISTORY_END - timedelta(days=1), HISTORY_END)


def _write_live_infeed(
    connection: psycopg.Connection, plan: SimulationPlan, begin: datetime
) -> None:
    connection.execute(
        f"""
        insert into raw.live_infeed (
            asset_id, measured_utc, power_kw, quality,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            asset_id,
            array(select day_utc + minute * interval '1 minute'
                  from generate_series(0, {SAMPLES_PER_DAY - 1}) as minute),
            -- Of each document anew.
            array(select 5000 * random() from generate_series(1, {SAMPLES_PER_DAY})
                  where asset_id is not null),
            array_fill(1::double precision, array[{SAMPLES_PER_DAY}]),
            'file:///benchmark/live/' || asset_id || '_' || day_utc::date,
            sha256(convert_to(asset_id || day_utc, 'UTF8')),
            day_utc + interval '1 day',
            1
        from
            generate_series(%(begin)s, %(end)s, '1 day') as day_utc,
            unnest(%(assets)s::text []) as asset_id
        where day_utc < %(end)s
        """,
        {"begin": begin, "end": HISTORY_END, "assets": [asset.asset_id for asset in plan.assets]},
    )


def _write_imbalance_prices(connection: psycopg.Connection, begin: datetime) -> None:
    connection.execute(
        """
        insert into raw.imbalance_price (
            price_status, made_utc, delivery_start_utc,
            short_price_eur_per_mwh, long_price_eur_per_mwh,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            price_status,
            day_utc + interval '1 day',
            array(select day_utc + number * interval '15 minutes'
                  from generate_series(0, 95) as number),
            array(select 80 + 40 * random() from generate_series(1, 96) where day_utc is not null),
            array(select 40 + 40 * random() from generate_series(1, 96) where day_utc is not null),
            'file:///benchmark/prices/' || price_status || '_' || day_utc::date,
            sha256(convert_to(price_status || day_utc, 'UTF8')),
            day_utc + interval '30 hours',
            1
        from
            generate_series(%(begin)s, %(end)s, '1 day') as day_utc,
            unnest(array['estimate', 'final']) as price_status
        where day_utc < %(end)s
        """,
        {"begin": begin, "end": HISTORY_END},
    )


def _write_redispatch(
    connection: psycopg.Connection, plan: SimulationPlan, begin: datetime
) -> None:
    """Each day every seventh asset, for an hour from noon; and the compensation for it."""
    parameters = {
        "begin": begin,
        "end": HISTORY_END,
        "metering_points": [asset.metering_point_id for asset in plan.assets],
    }
    connection.execute(
        """
        insert into raw.redispatch_flag (
            metering_point_id, issued_utc, delivery_start_utc, delivery_end_utc, is_redispatched,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            metering_point_id,
            day_utc + interval '11 hours',
            array[day_utc + interval '12 hours'],
            array[day_utc + interval '13 hours'],
            array[true],
            'file:///benchmark/redispatch/' || metering_point_id || '_' || day_utc::date,
            sha256(convert_to('redispatch' || metering_point_id || day_utc, 'UTF8')),
            day_utc + interval '12 hours',
            1
        from
            generate_series(%(begin)s, %(end)s, '1 day') as day_utc,
            unnest(%(metering_points)s::text [])
                with ordinality as point (metering_point_id, number)
        where day_utc < %(end)s and (number + extract(day from day_utc)::integer) %% 7 = 0
        """,
        parameters,
    )
    connection.execute(
        """
        insert into raw.redispatch_compensation (
            issued_date, delivery_start_utc, delivery_end_utc, price_eur_per_mwh,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            day_utc::date + 1,
            array(select day_utc + number * interval '1 hour'
                  from generate_series(0, 23) as number),
            array(select day_utc + number * interval '1 hour'
                  from generate_series(1, 24) as number),
            array(select 60 + 20 * random() from generate_series(1, 24) where day_utc is not null),
            'file:///benchmark/compensation/' || day_utc::date,
            sha256(convert_to('compensation' || day_utc, 'UTF8')),
            day_utc + interval '30 hours',
            1
        from generate_series(%(begin)s, %(end)s, '1 day') as day_utc
        where day_utc < %(end)s
        """,
        parameters,
    )


def _write_final_production(
    connection: psycopg.Connection, plan: SimulationPlan, begin: datetime, end: datetime
) -> None:
    connection.execute(
        """
        insert into raw.final_production (
            metering_point_id, issued_date, grid_start_utc, power_kw,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            metering_point_id,
            day_utc::date + 1,
            day_utc,
            array(select 5000 * random() from generate_series(1, 96)),
            'file:///benchmark/dso/' || metering_point_id || '_' || day_utc::date,
            sha256(convert_to(metering_point_id || day_utc, 'UTF8')),
            day_utc + interval '36 hours',
            1
        from
            generate_series(%(begin)s, %(end)s, '1 day') as day_utc,
            unnest(%(metering_points)s::text []) as metering_point_id
        where day_utc < %(end)s
        """,
        {
            "begin": begin,
            "end": end,
            "metering_points": [asset.metering_point_id for asset in plan.assets],
        },
    )
