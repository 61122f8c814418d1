{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}],
) }}

with settled as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.delivery_date
    from {{ ref("int_forecasts_verified") }} as verified
    {{ join_affected("verified") }}
    -- Without a latest forecast there was none at any gate.
    where verified.latest_power_kw is not null

),

settled_days as (

    select
        asset_id,
        min(delivery_start_utc) as from_utc,
        max(delivery_start_utc) + interval '15 minutes' as to_utc
    from settled
    group by asset_id, delivery_date

),

forecasts as (

    {{ forecast_as_of_gate(
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        gates=ref("market_gates"),
        within="settled_days",
    ) }}

),

gates as (

    select gate
    from {{ ref("market_gates") }}

)

select
    settled.asset_id,
    settled.delivery_start_utc,
    {{ array_in_order("forecasts.power_kw", bytewise("gates.gate")) }} as power_kw
from settled
cross join gates
left join forecasts
    on
        settled.asset_id = forecasts.asset_id
        and settled.delivery_start_utc = forecasts.delivery_start_utc
        and gates.gate = forecasts.gate
group by settled.asset_id, settled.delivery_start_utc
