{#-
    For every asset and quarter-hour, the forecast of the newest version that was made at least `gate_minutes` before
    the quarter-hour starts and that holds a value for it.

    Ranking every value of every version would sort 193 rows for each one that is kept. Instead, versions are put in
    order as headers: a version owns the quarter-hours from its own gate up to the gate of its successor, and only
    that slice is cut out of its array (with a version every 15 minutes: one value). Where the slice has no value
    (a short version, a hole, a null), the nearest older version that has one stands in. The last version that an
    asset has owns all that any of its versions reaches: coverage is a running maximum.

    versions: a relation with one row per asset_id and version_utc, with document_id, grid_start_utc and
    quarter_hour_count; no values.
    forecast_values: a relation with document_id and power_kw, an array whose n-th element is the quarter-hour that
    starts (n - 1) * 15 minutes after the version's grid_start_utc.
    Yields asset_id, delivery_start_utc, version_utc, power_kw; never a null value.
-#}
{% macro forecast_as_of_gate(versions, forecast_values, gate_minutes) %}
with headers as (

    select
        document_id,
        asset_id,
        version_utc,
        grid_start_utc,
        grid_start_utc + quarter_hour_count * interval '15 minutes' as grid_end_utc,
        {{ quarter_hour_ceiling("version_utc + interval '" ~ gate_minutes ~ " minutes'") }} as gate_utc
    from {{ versions }}

),

owned as (

    select
        document_id,
        asset_id,
        version_utc,
        grid_start_utc,
        gate_utc as owned_from_utc,
        least(
            lead(gate_utc) over version_order,
            max(grid_end_utc) over (version_order rows between unbounded preceding and current row)
        ) as owned_to_utc
    from headers
    window version_order as (partition by asset_id order by version_utc)

),

slices as (

    select
        owned.asset_id,
        owned.version_utc,
        owned.grid_start_utc + (place.position - 1) * interval '15 minutes' as delivery_start_utc,
        forecast_values.power_kw[place.position] as power_kw
    from owned
    inner join {{ forecast_values }} as forecast_values on owned.document_id = forecast_values.document_id
    cross join lateral generate_series(
        1 + {{ quarter_hours_between("owned.grid_start_utc", "owned.owned_from_utc") }},
        {{ quarter_hours_between("owned.grid_start_utc", "owned.owned_to_utc") }}
    ) as place (position)

),

stand_ins as (

    select
        slices.asset_id,
        slices.delivery_start_utc,
        older.version_utc,
        older.power_kw
    from slices
    cross join lateral (
        select
            versions.version_utc,
            forecast_values.power_kw[
                1 + {{ quarter_hours_between("versions.grid_start_utc", "slices.delivery_start_utc") }}
            ] as power_kw
        from {{ versions }} as versions
        inner join {{ forecast_values }} as forecast_values on versions.document_id = forecast_values.document_id
        where
            versions.asset_id = slices.asset_id
            and versions.version_utc < slices.version_utc
            and forecast_values.power_kw[
                1 + {{ quarter_hours_between("versions.grid_start_utc", "slices.delivery_start_utc") }}
            ] is not null
        order by versions.version_utc desc
        limit 1
    ) as older
    where slices.power_kw is null

)

select
    asset_id,
    delivery_start_utc,
    version_utc,
    power_kw
from slices
where power_kw is not null
union all
select
    asset_id,
    delivery_start_utc,
    version_utc,
    power_kw
from stand_ins
{% endmacro %}
