{{ config(materialized="view") }}

with received as (

    select
        source,
        asset_id,
        delivery_date,
        received_in_portfolio_count
    from {{ ref("int_received_counts") }}

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

source_days as (

    select
        received.source,
        calendar_day.delivery_date
    from (
        select
            source,
            min(delivery_date) as first_date,
            max(delivery_date) as last_date
        from received
        group by source
    ) as received
    cross join lateral {{ each_day("received.first_date", "received.last_date", "calendar_day") }}

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
