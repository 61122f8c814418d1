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
        max(technology) as technology
    from {{ ref("int_contract_terms") }}
    group by asset_id

),

-- An asset that only contracts name is known for as long as it is under contract.
contract_periods as (

    select
        members.asset_id,
        null::text as asset_name,
        contracts.technology,
        members.capacity_kw,
        null::double precision as latitude,
        null::double precision as longitude,
        null::text as timezone,
        null::text as status,
        null::date as commissioning_date,
        null::text as owner_name,
        null::jsonb as technical_attributes,
        members.valid_from_utc,
        members.valid_to_utc
    from {{ ref("int_portfolio_periods") }} as members
    left join contracts on members.asset_id = contracts.asset_id
    left join technical_periods on members.asset_id = technical_periods.asset_id
    where technical_periods.asset_id is null

),

known_periods as (

    select * from technical_periods
    union all
    select * from contract_periods

),

metering_points as (

    select
        asset_id,
        metering_point_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_asset_metering_points") }}

)

select
    known_periods.asset_id,
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
    greatest(known_periods.valid_from_utc, metering_points.valid_from_utc) as valid_from_utc,
    nullif(least(known_periods.valid_to_utc, metering_points.valid_to_utc), {{ end_of_time() }}) as valid_to_utc
from known_periods
left join metering_points
    on
        known_periods.asset_id = metering_points.asset_id
        and known_periods.valid_from_utc < metering_points.valid_to_utc
        and known_periods.valid_to_utc > metering_points.valid_from_utc
