{#-
    The version in force for each delivery day of the gates with a closing time: one index lookup for each asset, gate and
    day.

    Arguments as for forecast_as_of_gate, whose CTE `gates` is read. Yields gate, asset_id, document_id, version_utc, and
    in quarter-hours from 1970 grid_start_number, first_number and end_number.
-#}
{% macro versions_in_force_by_the_clock(versions, documents, within, closed_before, is_counted) -%}
select
    gate,
    asset_id,
    document_id,
    version_utc,
    grid_start_number,
    first_number,
    {{ reached_number("newest", documents, "null::timestamptz") }} as end_number
from (
    select
        closings.gate,
        closings.asset_id,
        newest.document_id,
        newest.version_utc,
        {{ quarter_hour_number("newest.grid_start_utc") }} as grid_start_number,
        {{ quarter_hour_number("newest.grid_end_utc") }} as grid_end_number,
        closings.first_number,
        closings.end_number
    from (
        {{ closings_by_the_clock(versions, documents, within, closed_before) }}
    ) as closings
    cross join lateral (
        select
            documents.document_id,
            documents.version_utc,
            documents.grid_start_utc,
            documents.grid_end_utc
        from {{ documents }} as documents
        where
            {{ is_counted }}
            and documents.asset_id = closings.asset_id
            and documents.version_utc <= closings.closes_utc
            -- The search has to end; the envelope lets no version reach further than 10 days ahead.
            and documents.version_utc >= closings.from_utc - interval '720 hours'
        order by documents.version_utc desc, documents.received_utc desc, documents.content_sha256 desc
        limit 1
    ) as newest
) as newest
{%- endmacro %}

{#-
    For each asset, the days for which gates with a closing time close, as far as they are asked for. Yields gate,
    asset_id, closes_utc, from_utc, first_number, end_number (of quarter-hours).
-#}
{% macro closings_by_the_clock(versions, documents, within, closed_before) -%}
    select
        gate,
        asset_id,
        closes_utc,
        from_utc,
        {{ quarter_hour_number("from_utc") }} as first_number,
        {{ quarter_hour_number("to_utc") }} as end_number
    from (
        select
            gates.gate,
            ranges.asset_id,
            {{ gate_closes_for_day("gates", "day.delivery_date") }} as closes_utc,
            greatest(ranges.from_utc, {{ first_delivery_of_gate("gates", "day.delivery_date") }}) as from_utc,
            least(ranges.to_utc, {{ local_midnight("day.delivery_date + 1", portfolio_timezone()) }}) as to_utc
        from
        {%- if within %}
            (
                -- No further than versions reach, as a range may have no end.
                select
                    wanted.asset_id,
                    greatest(wanted.from_utc, {{ quarter_hour_floor("oldest.version_utc") }}) as from_utc,
                    least(wanted.to_utc, {{ quarter_hour_ceiling("newest.version_utc + interval '720 hours'") }}) as to_utc
                from {{ within }} as wanted
                cross join lateral (
                    select documents.version_utc
                    from {{ documents }} as documents
                    where documents.asset_id = wanted.asset_id
                    order by documents.version_utc
                    limit 1
                ) as oldest
                cross join lateral (
                    select documents.version_utc
                    from {{ documents }} as documents
                    where documents.asset_id = wanted.asset_id
                    order by documents.version_utc desc
                    limit 1
                ) as newest
            ) as ranges
        {%- else %}
            (
                select
                    asset_id,
                    min(version_utc) as from_utc,
                    max(grid_end_utc) as to_utc
                from {{ versions }}
                group by asset_id
            ) as ranges
        {%- endif %}
        cross join lateral {{ each_day(
            local_date("ranges.from_utc", portfolio_timezone()),
            local_date("ranges.to_utc - interval '1 microsecond'", portfolio_timezone()),
            "day",
        ) }}
        cross join gates
        where gates.minutes_before_delivery is null
    ) as days
    where
        from_utc < to_utc
        {%- if closed_before %}
            and closes_utc < {{ closed_before }}
        {%- endif %}
{%- endmacro %}
