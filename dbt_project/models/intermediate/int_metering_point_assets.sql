{{ config(materialized="incremental", unique_key=["metering_point_id", "valid_from_utc"]) }}

with metering_point_contracts as (

    select
        metering_point_id,
        asset_id,
        contract_id,
        contract_from_utc,
        is_in_force,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_metering_point_contracts") }}

),

asset_periods as (

    {{ periods_between_changes(["metering_point_contracts"], key="asset_id") }}

),

own_metering_points as (

    select
        asset_periods.asset_id,
        asset_periods.valid_from_utc,
        asset_periods.valid_to_utc,
        metering_point_contracts.metering_point_id,
        metering_point_contracts.contract_id,
        metering_point_contracts.contract_from_utc,
        metering_point_contracts.is_in_force
    from asset_periods
    inner join metering_point_contracts
        on
            asset_periods.asset_id = metering_point_contracts.asset_id
            and asset_periods.valid_from_utc >= metering_point_contracts.valid_from_utc
            and asset_periods.valid_to_utc <= metering_point_contracts.valid_to_utc

),

-- A contract in force first, then the one that began last.
counted as (

    select
        metering_point_id,
        asset_id,
        valid_from_utc,
        valid_to_utc,
        row_number() over (
            partition by asset_id, valid_from_utc
            order by is_in_force desc, {{ began_last("contract_from_utc", "metering_point_id") | join(", ") }}
        ) = 1 as is_counted
    from own_metering_points

),

merged as (

    {{ merged_periods("counted", key="metering_point_id", values=["asset_id", "is_counted"]) }}

)

select
    metering_point_id,
    asset_id,
    is_counted,
    valid_from_utc,
    valid_to_utc
from merged
