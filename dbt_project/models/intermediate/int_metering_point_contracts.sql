with contracts as (

    select
        metering_point_id,
        asset_id,
        contract_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_contract_periods") }}
    where metering_point_id is not null

),

all_of_time as (

    select distinct
        metering_point_id,
        {{ beginning_of_time() }} as valid_from_utc,
        {{ end_of_time() }} as valid_to_utc
    from contracts

),

periods as (

    {{ periods_between_changes(["contracts", "all_of_time"], key="metering_point_id") }}

),

candidates as (

    select
        periods.metering_point_id,
        periods.valid_from_utc,
        periods.valid_to_utc,
        contracts.asset_id,
        contracts.contract_id,
        contracts.valid_from_utc as contract_from_utc,
        contracts.valid_from_utc < periods.valid_to_utc
        and contracts.valid_to_utc > periods.valid_from_utc as is_in_force,
        case when contracts.valid_to_utc <= periods.valid_from_utc then contracts.valid_to_utc end as ended_utc,
        case when contracts.valid_from_utc >= periods.valid_to_utc then contracts.valid_from_utc end as begins_utc
    from periods
    inner join contracts on periods.metering_point_id = contracts.metering_point_id
    where periods.valid_to_utc is not null

),

-- One in force; else the one that ended last; else the one that begins first.
counting_contract as (

    {{ newest_per_key(
        "candidates",
        key=["metering_point_id", "valid_from_utc"],
        newest_first=["is_in_force desc", "ended_utc desc nulls last", "begins_utc"]
        + began_last("contract_from_utc", "asset_id"),
        columns=[
            "metering_point_id",
            "asset_id",
            "contract_id",
            "contract_from_utc",
            "is_in_force",
            "valid_from_utc",
            "valid_to_utc",
        ],
    ) }}

)

select
    metering_point_id,
    asset_id,
    contract_id,
    contract_from_utc,
    is_in_force,
    valid_from_utc,
    valid_to_utc
from counting_contract
