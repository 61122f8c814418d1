with day_changes as (

    {{ changes_of("int_power_by_day") }}

),

asset_changes as (

    {{ changes_of("int_asset_nameplates") }}

),

days as (

    select
        asset_id,
        delivery_date
    from {{ ref("int_power_by_day") }}

),

-- A table by day records a day from 14 hours before it.
changed_days as (

    select
        key as asset_id,
        ((from_utc + interval '14 hours') at time zone 'UTC')::date as delivery_date
    from day_changes
    union
    select
        days.asset_id,
        days.delivery_date
    from asset_changes
    inner join days on asset_changes.key = days.asset_id

),

-- An asset may carry another's series, so one change concerns all assets of the day. And a day may be gone.
concerned as (

    select
        asset_id,
        delivery_date
    from days
    where delivery_date in (select changed_days.delivery_date from changed_days)
    union
    select
        asset_id,
        delivery_date
    from changed_days

)

select
    asset_id,
    delivery_date,
    {{ range_of_day("delivery_date")[0] }} as from_utc,
    {{ range_of_day("delivery_date")[1] }} as to_utc
from concerned
