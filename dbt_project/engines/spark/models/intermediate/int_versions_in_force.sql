{{ config(materialized="incremental") }}

{%- set gates = forecast_gates() %}

with documents as (

    select
        document_id,
        asset_id,
        version_utc,
        received_utc,
        content_sha256,
        grid_start_utc,
        grid_end_utc,
        power_kw
    from {{ ref("stg_vpp__forecast_documents") }}
    where {{ is_in_build() }}

),

-- Of a version, what was received last. Every window is by asset and in this order: the values move once and are sorted
-- once.
compared as (

    select
        *,
        lead(version_utc) over (
            partition by asset_id
            order by version_utc, received_utc, content_sha256
        ) as next_version_utc
    from documents

),

headers as (

    select
        asset_id,
        version_utc,
        received_utc,
        document_id,
        grid_start_utc,
        grid_end_utc,
        power_kw,
        {{ quarter_hour_number("grid_start_utc") }} as grid_start_number,
        {{ quarter_hour_number("grid_end_utc") }} as grid_end_number,
        {%- for minutes in gates.values() %}
            {{ quarter_hour_number_after("version_utc", minutes) }} as gate_{{ loop.index }}_number
            {{- "," if not loop.last }}
        {%- endfor %}
    from compared
    where version_utc is distinct from next_version_utc

),

-- A version is in force from its own gate up to the gate of its successor; the last version that an asset has, for all
-- that any of its versions reaches: coverage is a running maximum.
in_force as (

    select
        asset_id,
        version_utc,
        received_utc,
        document_id,
        grid_start_utc,
        grid_end_utc,
        power_kw,
        grid_start_number,
        lead(version_utc) over version_order is null as is_newest,
        {%- for gate in gates %}
            gate_{{ loop.index }}_number as first_{{ loop.index }}_number,
            least(
                lead(gate_{{ loop.index }}_number) over version_order,
                max(grid_end_number) over version_order_so_far
            ) - 1 as last_{{ loop.index }}_number
            {{- "," if not loop.last }}
        {%- endfor %}
    from headers
    window
        version_order as (partition by asset_id order by version_utc),
        version_order_so_far as (
            partition by asset_id order by version_utc rows between unbounded preceding and current row
        )

)

select
    asset_id,
    version_utc,
    received_utc,
    document_id,
    grid_start_utc,
    grid_end_utc,
    case when is_newest then power_kw end as open_power_kw,
    -- Of an array with a NULL, Spark does not know whether it contains what was not found.
    coalesce(not array_contains(power_kw, double('NaN')), false) as is_whole,
    concat(
        {%- for gate in gates %}
            transform(
                {{ sequence_upwards("first_" ~ loop.index ~ "_number", "last_" ~ loop.index ~ "_number") }},
                number -> struct(
                    '{{ gate }}' as gate,
                    number as delivery_number,
                    {{ element("power_kw", "1 + number - grid_start_number") }} as power_kw
                )
            ){{ "," if not loop.last }}
        {%- endfor %}
    ) as slices
from in_force
