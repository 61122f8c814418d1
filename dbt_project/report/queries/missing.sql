-- What is missing, as sentences. A source begins and ends within a day: only between these is a part of a day missing.
with never_came as (

    select
        replace(source, '-', ' ') as source_name,
        -- Its name in data_coverage, if it is covered there.
        case source
            when 'forecasts' then 'forecast'
            when 'live-infeed' then 'live'
            when 'final-production' then 'final_production'
        end as covered_source
    from source_status
    where never_came

),

days_of_source as (

    select
        source,
        min(delivery_date) as first_date,
        max(delivery_date) as last_date
    from data_coverage
    group by source

),

gaps as (

    select
        asset_id,
        case source
            when 'live' then 'live infeed'
            when 'final_production' then 'final production'
            else source
        end as source_name,
        received_count = 0 as is_nothing,
        missing_count,
        delivery_date
    from data_coverage
    inner join days_of_source using (source)
    where
        not is_complete
        and (received_count = 0 or (delivery_date > first_date and delivery_date < last_date))
        and delivery_date >= %(first_date)s
        and delivery_date <= %(last_date)s
        -- One sentence says it of all days.
        and not exists (select from never_came where never_came.covered_source = data_coverage.source)

),

-- What several assets miss on a day is one sentence.
gaps_of_day as (

    select
        source_name,
        is_nothing,
        delivery_date,
        array_agg(asset_id order by asset_id) as asset_ids,
        sum(missing_count) as missing_count
    from gaps
    group by source_name, is_nothing, delivery_date

),

grouped as (

    select
        source_name,
        is_nothing,
        asset_ids,
        max(delivery_date) as newest_date,
        count(*) as day_count,
        sum(missing_count) as missing_count,
        case
            when count(*) <= 4 then string_agg(to_char(delivery_date, 'FMDD FMMonth'), ', ' order by delivery_date)
            else count(*) || ' days from ' || to_char(min(delivery_date), 'FMDD FMMonth') || ' to '
                || to_char(max(delivery_date), 'FMDD FMMonth')
        end as days
    from gaps_of_day
    group by source_name, is_nothing, asset_ids

),

worded as (

    select
        is_nothing,
        newest_date,
        source_name || ' on ' || days as what,
        missing_count || case when missing_count = 1 then ' quarter-hour' else ' quarter-hours' end as quarter_hours,
        missing_count,
        day_count,
        cardinality(asset_ids) as asset_count,
        array_to_string(asset_ids, ', ') as assets
    from grouped

),

-- First what keeps everything after it from coming.
sentences as (

    select
        0 as place,
        true as is_nothing,
        null::date as newest_date,
        source_name || ' never came: no document of it has ever landed.' as sentence
    from never_came
    union all
    select
        1 as place,
        true as is_nothing,
        delivery_date as newest_date,
        detail || '.' as sentence
    from data_findings
    where
        -- What never came is missing on every day; of whole sources it has been said.
        (delivery_date between %(first_date)s and %(last_date)s or finding = 'never_came')
        and not (finding = 'never_came' and asset_id = '*')
    union all
    select
        2 as place,
        true as is_nothing,
        null as newest_date,
        source || ' is late: its newest document is ' || round((age_minutes / 60)::numeric, 1) || ' hours old.' as sentence
    from source_status
    where is_late
    union all
    select
        3 as place,
        true as is_nothing,
        null as newest_date,
        quarantined_document_count
        || case
            when quarantined_document_count = 1 then ' document of ' || source || ' was refused and waits'
            else ' documents of ' || source || ' were refused and wait'
        end
        || ' in quarantine (python -m extract quarantine).' as sentence
    from source_status
    where quarantined_document_count > 0
    union all
    select
        4 as place,
        true as is_nothing,
        null as newest_date,
        metering_point_id || case reason
            when 'no_contract' then ' was never under contract: its production belongs to no asset.'
            else ' does not count: another metering point of ' || asset_id || ' does.'
        end as sentence
    from dso_unmapped_production
    where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s
    group by metering_point_id, reason, asset_id
    union all
    select
        5 as place,
        is_nothing,
        newest_date,
        case
            when is_nothing and asset_count = 1 then assets || ' has no ' || what
            when is_nothing then asset_count || ' assets have no ' || what || ': ' || assets
            when asset_count = 1 and day_count = 1 then assets || ' lacks ' || quarter_hours || ' of ' || what
            when asset_count = 1 then assets || ' lacks quarter-hours of ' || what || ': ' || missing_count || ' in all'
            else
                asset_count || ' assets lack quarter-hours of ' || what || ', ' || missing_count || ' in all: ' || assets
        end || '.' as sentence
    from worded

)

select
    is_nothing,
    sentence
from sentences
order by place, newest_date desc, sentence;
