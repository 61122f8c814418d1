{{ config(materialized="view") }}

with coverage as (

    select
        source,
        asset_id,
        delivery_date,
        expected_count,
        missing_count,
        received_count = 0 as is_whole_day,
        delivery_date = min(delivery_date) over (partition by source)
        or delivery_date = max(delivery_date) over (partition by source) as is_at_the_edge,
        -- A quarter of a day: files of UTC days reach an hour or two into the local day after.
        max(received_count) over (partition by source, delivery_date) >= 24 as has_begun
    from {{ ref("data_coverage") }}

),

never_came as (

    select
        source,
        asset_id,
        detail
    from {{ ref("int_never_came") }}

),

-- One row is enough for a source that never came.
silent_sources as (

    select
        never_came.source,
        never_came.asset_id,
        min(coverage.delivery_date) as first_delivery_date,
        max(coverage.delivery_date) as last_delivery_date,
        nullif(count(distinct coverage.delivery_date), 0)::integer as day_count,
        sum(coverage.expected_count)::integer as expected_count,
        sum(coverage.missing_count)::integer as missing_count,
        never_came.detail
    from never_came
    left join coverage on never_came.source = coverage.source
    where never_came.asset_id = '*'
    group by never_came.source, never_came.asset_id, never_came.detail

),

-- A source begins and ends within a day: there, part of a day is not missing, and all of it only once others have some.
gaps as (

    select
        coverage.source,
        coverage.asset_id,
        coverage.delivery_date,
        coverage.expected_count,
        coverage.missing_count,
        coverage.is_whole_day
    from coverage
    left join silent_sources on coverage.source = silent_sources.source
    where
        silent_sources.source is null
        and coverage.missing_count > 0
        and (not coverage.is_at_the_edge or (coverage.is_whole_day and coverage.has_begun))

),

-- For adjacent days, the day minus its rank is the same.
placed as (

    select
        source,
        asset_id,
        delivery_date,
        expected_count,
        missing_count,
        is_whole_day,
        delivery_date - row_number() over (
            partition by source, asset_id, is_whole_day
            order by delivery_date
        )::integer as run_day
    from gaps

),

runs as (

    select
        source,
        asset_id,
        is_whole_day,
        min(delivery_date) as first_delivery_date,
        max(delivery_date) as last_delivery_date,
        count(*)::integer as day_count,
        sum(expected_count)::integer as expected_count,
        sum(missing_count)::integer as missing_count
    from placed
    group by source, asset_id, is_whole_day, run_day

),

told_runs as (

    select
        runs.source,
        runs.asset_id,
        runs.is_whole_day,
        runs.first_delivery_date,
        runs.last_delivery_date,
        runs.day_count,
        runs.expected_count,
        runs.missing_count,
        never_came.detail
    from runs
    left join never_came
        on
            runs.source = never_came.source
            and runs.asset_id = never_came.asset_id

),

-- Assets that lack the same days in the same way share a sentence.
shared as (

    select
        source,
        is_whole_day,
        first_delivery_date,
        last_delivery_date,
        {{ source_in_words("source") }} as source_name,
        {{ day_and_month("first_delivery_date") }} as first_day,
        {{ day_and_month("last_delivery_date") }} as last_day,
        count(*) as asset_count,
        sum(missing_count) as missing_count,
        {{ array_in_order("asset_id", bytewise("asset_id")) }} as asset_ids
    from told_runs
    where detail is null
    group by source, is_whole_day, first_delivery_date, last_delivery_date

),

worded as (

    select
        source,
        is_whole_day,
        first_delivery_date,
        last_delivery_date,
        source_name,
        asset_count,
        missing_count || case when missing_count = 1 then ' quarter-hour' else ' quarter-hours' end as quarter_hours,
        case
            when first_delivery_date = last_delivery_date then 'on ' || first_day
            when first_delivery_date + 1 < last_delivery_date then 'from ' || first_day || ' to ' || last_day
            -- Two days in one month name the month once.
            when split_part(first_day, ' ', 2) = split_part(last_day, ' ', 2)
                then 'on ' || split_part(first_day, ' ', 1) || ' and ' || last_day
            else 'on ' || first_day || ' and ' || last_day
        end as on_days,
        case
            when asset_count = 1 then {{ element("asset_ids", 1) }}
            when asset_count = 2 then {{ element("asset_ids", 1) }} || ' and ' || {{ element("asset_ids", 2) }}
            else
                {{ element("asset_ids", 1) }} || ', ' || {{ element("asset_ids", 2) }}
                || case when asset_count = 3 then ' and ' else ', ' end || {{ element("asset_ids", 3) }}
                || case when asset_count = 3 then '' else ' and ' || (asset_count - 3) || ' more' end
        end as assets
    from shared

),

sentences as (

    select
        source,
        is_whole_day,
        first_delivery_date,
        last_delivery_date,
        case
            when is_whole_day and asset_count = 1 then assets || ' has no '
            when is_whole_day then asset_count || ' assets have no '
            when asset_count = 1 then assets || ' lacks ' || quarter_hours || ' of '
            else asset_count || ' assets lack ' || quarter_hours || ' of '
        end
        || source_name || ' ' || on_days
        || case when asset_count = 1 then '' else ': ' || assets end as sentence
    from worded

)

select
    source,
    asset_id,
    first_delivery_date,
    last_delivery_date,
    day_count,
    expected_count,
    missing_count,
    true as is_whole_day,
    false as is_ever_received,
    detail as sentence
from silent_sources
union all
select
    told_runs.source,
    told_runs.asset_id,
    told_runs.first_delivery_date,
    told_runs.last_delivery_date,
    told_runs.day_count,
    told_runs.expected_count,
    told_runs.missing_count,
    told_runs.is_whole_day,
    told_runs.detail is null as is_ever_received,
    coalesce(told_runs.detail, sentences.sentence) as sentence
from told_runs
left join sentences
    on
        told_runs.source = sentences.source
        and told_runs.is_whole_day = sentences.is_whole_day
        and told_runs.first_delivery_date = sentences.first_delivery_date
        and told_runs.last_delivery_date = sentences.last_delivery_date
