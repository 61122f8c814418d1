{{ config(
    materialized="incremental",
    unique_key=["source", "asset_id", "delivery_date"],
    indexes=[{"columns": ["source", "delivery_date"]}],
    meta={
        "affected_by": "int_received_counts_affected",
        "scope": "asset_id",
        "range_column": "(delivery_date::timestamp at time zone 'UTC')",
    },
) }}
-- depends_on: {{ ref("int_received_counts_affected") }}

with received as (

    select
        'forecast' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("asset_forecasts") }}
    where latest_power_kw is not null
    union all
    select
        'live' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("live_infeed") }}
    where power_kw is not null
    union all
    select
        'final_production' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("dso_final_production") }}
    where power_kw is not null

),

members as (

    select
        asset_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_portfolio_periods") }}

),

affected_days as (

    select
        received.source,
        received.asset_id,
        received.delivery_start_utc,
        received.delivery_date
    from received
    {% if is_incremental() %}
        inner join affected
            on
                received.asset_id = affected.asset_id
                and received.delivery_start_utc >= affected.from_utc - interval '1 day'
                and received.delivery_start_utc < affected.to_utc + interval '1 day'
                and received.delivery_date::timestamp at time zone 'UTC' >= affected.from_utc
                and received.delivery_date::timestamp at time zone 'UTC' < affected.to_utc
        where
            received.delivery_start_utc >= (select min(ranges.from_utc) from affected as ranges) - interval '1 day'
            and received.delivery_start_utc < (select max(ranges.to_utc) from affected as ranges) + interval '1 day'
    {% endif %}

)

select
    affected_days.source,
    affected_days.asset_id,
    affected_days.delivery_date,
    count(*)::integer as received_count,
    count(members.asset_id)::integer as received_in_portfolio_count
from affected_days
left join members
    on
        affected_days.asset_id = members.asset_id
        and affected_days.delivery_start_utc >= members.valid_from_utc
        and affected_days.delivery_start_utc < members.valid_to_utc
group by affected_days.source, affected_days.asset_id, affected_days.delivery_date
