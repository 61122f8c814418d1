with received as (

    select
        source,
        asset_id,
        min(delivery_date) as first_date,
        max(delivery_date) as last_date
    from {{ ref("int_received_counts") }}
    group by source, asset_id

),

members as (

    select
        members.asset_id,
        {{ local_date("members.valid_from_utc", timezone_of()) }} as first_date,
        {{ local_date("members.valid_to_utc", timezone_of()) }} as gone_date
    from {{ ref("int_portfolio_periods") }} as members
    {{ join_timezone(to="members") }}

),

status as (

    select
        source,
        {{ source_of_power("source") }} as power_source,
        cadence_minutes,
        never_came
    from {{ ref("source_status") }}

),

clock as (

    select {{ local_date("extracted_as_of_utc", portfolio_timezone()) }} as built_on
    from {{ ref("int_clock") }}

),

days_of_sources as (

    select
        source,
        min(first_date) as first_date,
        max(last_date) as last_date
    from received
    group by source

),

first_day as (

    select min(first_date) as delivery_date from days_of_sources

),

-- Of a source of power, documents without a value for any asset do not count.
silent_sources as (

    select
        status.power_source as source,
        coalesce(first_day.delivery_date, clock.built_on) as delivery_date,
        status.never_came
    from status
    cross join first_day
    cross join clock
    left join days_of_sources on status.power_source = days_of_sources.source
    where
        case
            when status.power_source = status.source then status.never_came
            else status.cadence_minutes is not null and days_of_sources.source is null
        end

),

silent_assets as (

    select
        days_of_sources.source,
        members.asset_id,
        min(greatest(days_of_sources.first_date, members.first_date)) as delivery_date
    from days_of_sources
    inner join members
        on
            -- On an asset's first day, the others may have only part of the day yet.
            days_of_sources.last_date > members.first_date
            and days_of_sources.first_date < members.gone_date
    left join received
        on
            days_of_sources.source = received.source
            and members.asset_id = received.asset_id
    where received.source is null
    group by days_of_sources.source, members.asset_id

)

select
    source,
    '*' as asset_id,
    delivery_date,
    {{ source_in_words("source") }} || ' never came: '
    || case when never_came then 'nothing has ever landed' else 'no asset has a value of it' end as detail
from silent_sources
union all
select
    source,
    asset_id,
    delivery_date,
    asset_id || ': no ' || {{ source_in_words("source") }} || ' ever came that counts, though others have it' as detail
from silent_assets
