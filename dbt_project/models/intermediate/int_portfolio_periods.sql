{{ config(materialized="incremental", unique_key=["asset_id", "valid_from_utc"]) }}

with contracts as (

    select
        asset_id,
        contract_id,
        metering_point_id,
        contract_capacity_kw,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_contract_periods") }}

),

technical_periods as (

    select
        asset_id,
        capacity_kw,
        status,
        valid_from_utc,
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ ref("int_asset_technical_periods") }}

),

exports as (

    select count(*) as export_count from {{ ref("stg_crm__contract_exports") }}

),

-- Without any export, every operational asset counts as a member.
memberships as (

    select
        asset_id,
        contract_id,
        metering_point_id,
        contract_capacity_kw,
        valid_from_utc,
        valid_to_utc
    from contracts
    union all
    select
        technical_periods.asset_id,
        '' as contract_id,
        null as metering_point_id,
        null as contract_capacity_kw,
        technical_periods.valid_from_utc,
        technical_periods.valid_to_utc
    from technical_periods
    cross join exports
    where
        exports.export_count = 0
        and technical_periods.status = 'operational'

),

periods as (

    {{ periods_between_changes(["memberships", "technical_periods"], key="asset_id") }}

),

covered as (

    select
        periods.asset_id,
        periods.valid_from_utc,
        periods.valid_to_utc,
        memberships.contract_id,
        memberships.metering_point_id,
        memberships.valid_from_utc as member_from_utc,
        coalesce(technical_periods.capacity_kw, memberships.contract_capacity_kw) as capacity_kw
    from periods
    inner join memberships
        on
            periods.asset_id = memberships.asset_id
            and periods.valid_from_utc >= memberships.valid_from_utc
            and periods.valid_to_utc <= memberships.valid_to_utc
    left join technical_periods
        on
            periods.asset_id = technical_periods.asset_id
            and periods.valid_from_utc >= technical_periods.valid_from_utc
            and periods.valid_to_utc <= technical_periods.valid_to_utc

),

-- Where contracts of one asset overlap, the one that began last gives the capacity.
members as (

    {{ newest_per_key(
        "covered",
        key=["asset_id", "valid_from_utc"],
        newest_first=began_last("member_from_utc", "metering_point_id"),
        columns=["asset_id", "valid_from_utc", "valid_to_utc", "capacity_kw"],
    ) }}

),

merged as (

    {{ merged_periods("members", key="asset_id", values=["capacity_kw"]) }}

)

select
    asset_id,
    capacity_kw,
    valid_from_utc,
    valid_to_utc
from merged
