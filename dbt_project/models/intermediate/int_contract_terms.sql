{{ config(
    materialized="incremental",
    unique_key=["asset_id", "contract_id"],
    meta={
        "reads": ["asset_contracts"],
    },
) }}

with contracts as (

    select
        exported_utc,
        contract_id,
        asset_id,
        metering_point_id,
        contract_capacity_kw,
        technology,
        contract_begin_date,
        contract_end_date
    from {{ ref("stg_crm__asset_contracts") }}

),

exports as (

    select
        exported_utc,
        lead(exported_utc) over (order by exported_utc) as next_exported_utc
    from {{ ref("stg_crm__contract_exports") }}

),

last_listing as (

    select
        asset_id,
        max(exported_utc) as exported_utc
    from contracts
    group by asset_id

),

terms as (

    select
        contracts.contract_id,
        contracts.asset_id,
        contracts.metering_point_id,
        contracts.contract_capacity_kw,
        contracts.technology,
        contracts.exported_utc,
        coalesce(
            {{ local_midnight("contracts.contract_begin_date", portfolio_timezone()) }},
            {{ beginning_of_time() }}
        ) as valid_from_utc,
        least(
            coalesce(
                {{ local_midnight("contracts.contract_end_date + 1", portfolio_timezone()) }},
                {{ end_of_time() }}
            ),
            coalesce(exports.next_exported_utc, {{ end_of_time() }})
        ) as valid_to_utc
    from contracts
    inner join last_listing
        on
            contracts.asset_id = last_listing.asset_id
            and contracts.exported_utc = last_listing.exported_utc
    inner join exports on contracts.exported_utc = exports.exported_utc

)

select
    contract_id,
    asset_id,
    metering_point_id,
    contract_capacity_kw,
    technology,
    exported_utc,
    valid_from_utc,
    valid_to_utc
from terms
where valid_from_utc < valid_to_utc
