-- What looks wrong and what is missing, worst first: silent sources, impossible data, missing days, waiting documents,
-- production that counts for nobody, missing parts of days.
with attention as (

    select
        1 as severity,
        0 as size,
        sentence
    from missing_data
    where asset_id = '*'
    union all
    select
        2 as severity,
        coalesce(age_minutes, 0) as size,
        sentence
    from source_status
    where is_late
    union all
    -- By the energy in doubt.
    select
        3 as severity,
        quarter_hour_count * (error_before_kw - coalesce(error_after_kw, 0)) as size,
        detail as sentence
    from data_findings
    where finding <> 'never_came' and delivery_date between %(first_date)s and %(last_date)s
    union all
    select
        case when is_whole_day then 4 else 7 end as severity,
        sum(missing_count) as size,
        sentence
    from missing_data
    where
        asset_id <> '*'
        and (not is_ever_received or (last_delivery_date >= %(first_date)s and first_delivery_date <= %(last_date)s))
    group by is_whole_day, sentence
    union all
    select
        5 as severity,
        quarantined_document_count as size,
        sentence
    from source_status
    where quarantined_document_count > 0 and is_late is not true
    union all
    select
        6 as severity,
        count(*) as size,
        metering_point_id || case reason
            when 'no_contract' then ' was never under contract: its production belongs to no asset'
            else ' does not count: another metering point of ' || asset_id || ' does'
        end as sentence
    from dso_unmapped_production
    where delivery_date between %(first_date)s and %(last_date)s
    group by metering_point_id, reason, asset_id

)

select sentence
from attention
order by severity, size desc nulls last, sentence;
