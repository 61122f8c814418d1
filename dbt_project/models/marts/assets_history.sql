{{ config(unique_key=["asset_id", "valid_from_utc"]) }}

with technical_periods as (

    select
        asset_id,
        asset_name,
        technology,
        capacity_kw,
        latitude,
        longitude,
        timezone,
        status,
        commissioning_date,
        owner_name,
        technical_attributes,
        valid_from_utc,
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ ref("int_asset_technical_periods") }}

),

contracts as (

    select
        asset_id,
        contract_id,
        metering_point_id,
        technology,
        valid_from_utc
    from {{ ref("int_contract_periods") }}

),

last_contract as (

    {{ newest_per_key(
        "contracts",
        key=["asset_id"],
        newest_first=began_last("valid_from_utc", "metering_point_id"),
        columns=["asset_id", "technology"],
    ) }}

),

contract_periods as (

    select
        members.asset_id,
        last_contract.technology,
        members.capacity_kw,
        members.valid_from_utc,
        members.valid_to_utc
    from {{ ref("int_portfolio_periods") }} as members
    left join last_contract on members.asset_id = last_contract.asset_id
    left join technical_periods on members.asset_id = technical_periods.asset_id
    where technical_periods.asset_id is null

),

-- An asset named only in contracts is known while it is under contract.
known_periods as (

    select
        asset_id,
        asset_name,
        technology,
        capacity_kw,
        latitude,
        longitude,
        timezone,
        status,
        commissioning_date,
        owner_name,
        technical_attributes,
        valid_from_utc,
        valid_to_utc
    from technical_periods
    union all
    select
        asset_id,
        null as asset_name,
        technology,
        capacity_kw,
        null as latitude,
        null as longitude,
        null as timezone,
        null as status,
        null as commissioning_date,
        null as owner_name,
        null as technical_attributes,
        valid_from_utc,
        valid_to_utc
    from contract_periods

),

metering_points as (

    select
        asset_id,
        metering_point_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_metering_point_assets") }}
    where is_counted

),

periods as (

    {{ periods_between_changes(["known_periods", "metering_points"], key="asset_id") }}

)

select
    periods.asset_id,
    known_periods.asset_name,
    known_periods.technology,
    known_periods.capacity_kw,
    known_periods.latitude,
    known_periods.longitude,
    known_periods.timezone,
    known_periods.status,
    known_periods.commissioning_date,
    known_periods.owner_name,
    metering_points.metering_point_id,
    known_periods.technical_attributes,
    periods.valid_from_utc,
    nullif(periods.valid_to_utc, {{ end_of_time() }}) as valid_to_utc
from periods
inner join known_periods
    on
        periods.asset_id = known_periods.asset_id
        and periods.valid_from_utc >= known_periods.valid_from_utc
        and periods.valid_to_utc <= known_periods.valid_to_utc
left join metering_points
    on
        periods.asset_id = metering_points.asset_id
        and periods.valid_from_utc >= metering_points.valid_from_utc
        and periods.valid_to_utc <= metering_points.valid_to_utc
