{{ config(materialized="view") }}

with received as (

    select
        source,
        asset_id,
        delivery_date,
        received_in_portfolio_count
    from {{ ref("int_received_counts") }}

),

missing_sources as (

    select source
    from {{ ref("int_never_came") }}
    where
        asset_id = '*'
        and source in ('forecast', 'live', 'final_production')

),

clock as (

    select {{ local_date("extracted_as_of_utc", portfolio_timezone()) }} as as_of_date from {{ ref("int_clock") }}

),

members as (

    select
        members.asset_id,
        members.valid_from_utc,
        members.valid_to_utc,
        {{ timezone_of() }} as timezone
    from {{ ref("int_portfolio_periods") }} as members
    {{ join_timezone(to="members") }}

),

received_periods as (

    select
        source,
        min(delivery_date) as first_date,
        max(delivery_date) as last_date
    from received
    group by source

),

-- The days that others have, up to the day of the build's clock.
missing_periods as (

    select
        missing_sources.source,
        min(received_periods.first_date) as first_date,
        greatest(
            min(received_periods.first_date),
            least(max(received_periods.last_date), max(clock.as_of_date))
        ) as last_date
    from missing_sources
    cross join received_periods
    cross join clock
    group by missing_sources.source

),

periods as (

    select
        source,
        first_date,
        last_date
    from received_periods
    union all
    select
        source,
        first_date,
        last_date
    from missing_periods

),

source_days as (

    select
        periods.source,
        calendar_day.delivery_date
    from periods
    cross join lateral {{ each_day("periods.first_date", "periods.last_date", "calendar_day") }}

),

expected as (

    select
        source_days.source,
        members.asset_id,
        source_days.delivery_date,
        sum({{ quarter_hours_between(
            quarter_hour_ceiling(
                "greatest(members.valid_from_utc, " ~ local_midnight("source_days.delivery_date", "members.timezone") ~ ")"
            ),
            quarter_hour_ceiling(
                "least(members.valid_to_utc, " ~ local_midnight("source_days.delivery_date + 1", "members.timezone") ~ ")"
            ),
        ) }})::integer as expected_count
    from source_days
    inner join members
        on
            members.valid_from_utc < {{ local_midnight("source_days.delivery_date + 1", "members.timezone") }}
            and members.valid_to_utc > {{ local_midnight("source_days.delivery_date", "members.timezone") }}
    group by source_days.source, members.asset_id, source_days.delivery_date

)

select
    expected.source,
    expected.asset_id,
    expected.delivery_date,
    expected.expected_count,
    coalesce(received.received_in_portfolio_count, 0) as received_count,
    expected.expected_count - coalesce(received.received_in_portfolio_count, 0) as missing_count,
    expected.expected_count = coalesce(received.received_in_portfolio_count, 0) as is_complete
from expected
left join received
    on
        expected.source = received.source
        and expected.asset_id = received.asset_id
        and expected.delivery_date = received.delivery_date
where expected.expected_count > 0
