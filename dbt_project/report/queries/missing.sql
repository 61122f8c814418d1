-- What is missing, as sentences. A source begins and ends within a day: only between these is a part of a day missing.
with days_of_source as (

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

),

grouped as (

    select
        asset_id,
        source_name,
        is_nothing,
        sum(missing_count) as missing_count,
        case
            when count(*) <= 4 then string_agg(to_char(delivery_date, 'FMDD FMMonth'), ', ' order by delivery_date)
            else count(*) || ' days from ' || to_char(min(delivery_date), 'FMDD FMMonth') || ' to '
                || to_char(max(delivery_date), 'FMDD FMMonth')
        end as days
    from gaps
    group by asset_id, source_name, is_nothing

)

select
    is_nothing,
    case
        when is_nothing then asset_id || ' has no ' || source_name || ' on ' || days || '.'
        else asset_id || ' lacks ' || missing_count || ' quarter-hours of ' || source_name || ' on ' || days || '.'
    end as sentence
from grouped
union all
select
    true as is_nothing,
    metering_point_id || ' is named by no contract: its production belongs to no asset.' as sentence
from dso_unmapped_production
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s
group by metering_point_id
union all
select
    true as is_nothing,
    source || ' is late: its newest document is ' || round((age_minutes / 60)::numeric, 1) || ' hours old.' as sentence
from source_status
where is_late
union all
select
    true as is_nothing,
    source || ' has ' || quarantined_document_count || ' refused documents (raw.quarantine).' as sentence
from source_status
where quarantined_document_count > 0
order by is_nothing desc, sentence;
