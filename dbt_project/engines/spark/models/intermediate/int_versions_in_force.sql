{{ config(materialized="incremental") }}

{%- set rows = [] %}
{%- for gate, minutes in forecast_gates().items() %}
    {%- do rows.append(["'" ~ gate ~ "'", minutes]) %}
{%- endfor %}

with each_gate as (

    select
        gate,
        minutes_before_delivery,
        null as days_before,
        null as local_time,
        null as first_delivery_time,
        false as is_market_gate
    from {{ each_row(rows, columns=["gate", "minutes_before_delivery"], name="forecast_gate") }}
    union all
    select
        gate,
        minutes_before_delivery,
        days_before,
        local_time,
        first_delivery_time,
        true as is_market_gate
    from {{ ref("market_gates") }}

),

-- As one array, so that every version is read once for all of them.
all_gates as (

    select
        collect_list(
            struct(
                gate,
                minutes_before_delivery,
                days_before,
                local_time,
                first_delivery_time,
                is_market_gate
            )
        ) as gates
    from each_gate

),

documents as (

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

-- The last received document of each version. Every window is by asset and in this order, so the values move once and
-- are sorted once.
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
        all_gates.gates,
        transform(all_gates.gates, gate -> {{ first_number_at_gate("gate", "version_utc") }}) as first_numbers
    from compared
    cross join all_gates
    where version_utc is distinct from next_version_utc

),

-- A version is in force from its own gate up to the gate of its successor; the last version of an asset, for everything
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
        gates,
        first_numbers,
        lead(first_numbers) over version_order as next_first_numbers,
        max(grid_end_number) over version_order_so_far as end_number
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
    -- If an array holds a NULL, Spark answers NULL for a value that it did not find.
    coalesce(not array_contains(power_kw, double('NaN')), false) as is_whole,
    flatten(
        transform(
            gates,
            (gate, place) -> transform(
                filter(
                    {{ sequence_upwards("first_numbers[place]", "least(next_first_numbers[place], end_number) - 1") }},
                    number -> {{ is_gate_for("gate", quarter_hour_start("number")) }}
                ),
                number -> struct(
                    gate.gate,
                    gate.is_market_gate,
                    number as delivery_number,
                    {{ element("power_kw", "1 + number - grid_start_number") }} as power_kw
                )
            )
        )
    ) as slices
from in_force
