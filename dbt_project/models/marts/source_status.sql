{{ config(unique_key=["source"]) }}

with clock as (

    select extracted_as_of_utc from {{ ref("int_clock") }}

),

sources as (

    {% for declared in declared_sources() %}
        select
            '{{ declared.source }}' as source,
            {{ declared.cadence_minutes or "null" }}::integer as cadence_minutes,
            {{ declared.late_after_minutes or "null" }}::integer as late_after_minutes
        {{ "union all" if not loop.last }}
    {% endfor %}

),

{% if is_incremental() %}
    previous as (

        select
            source,
            newest_received_utc,
            newest_instant_utc,
            newest_source_uri,
            document_count,
            quarantined_document_count
        from {{ this }}

    ),

{% endif %}
-- What has landed since the last build, so that the cost follows what arrived.
new_documents as (

    select
        document_id,
        source,
        received_utc,
        instant_utc,
        source_uri
    from {{ ref("stg_extract__documents") }}
    where document_id > {{ read_upto("source_status") if is_incremental() else 0 }}

),

{% if is_incremental() %}
    retracted as (

        {{ retracted_since("source_status") }}

    ),

    -- The newest may have been retracted: for these sources, all documents are searched.
    recounted_sources as (

        select distinct documents.source
        from retracted
        inner join {{ ref("stg_extract__documents") }} as documents on retracted.document_id = documents.document_id

    ),

{% endif %}

new_quarantined_documents as (

    select source
    from {{ ref("stg_extract__quarantined_documents") }}
    where document_id > {{ read_upto("source_status") if is_incremental() else 0 }}

),

quarantined_documents as (

    select
        document_id,
        source
    from {{ ref("stg_extract__quarantined_documents") }}

),

new_releases as (

    select quarantined_document_id
    from {{ ref("stg_extract__quarantine_releases") }}
    where document_id > {{ read_upto("source_status") if is_incremental() else 0 }}

),

documents as (

    select
        source,
        received_utc,
        instant_utc,
        source_uri
    from new_documents
    where {{ is_not_retracted(build_sees_upto()) }}
    {% if is_incremental() %}
        union all
        select
            source,
            newest_received_utc as received_utc,
            newest_instant_utc as instant_utc,
            newest_source_uri as source_uri
        from previous
        where
            newest_received_utc is not null
            and source not in (select recounted_sources.source from recounted_sources)
        union all
        select
            source,
            received_utc,
            instant_utc,
            source_uri
        from {{ ref("stg_extract__documents") }}
        where
            exists (select recounted_sources.source from recounted_sources)
            and source in (select recounted_sources.source from recounted_sources)
            and {{ is_not_retracted(build_sees_upto()) }}
    {% endif %}

),

newest_documents as (

    {{ newest_per_key(
        "documents",
        key=["source"],
        newest_first=["received_utc desc", bytewise("source_uri") ~ " desc", "instant_utc desc"],
        columns=["source", "received_utc", "source_uri"],
    ) }}

),

-- What was received last need not be the newest: versions are requested from the newest back.
newest_instants as (

    select
        source,
        max(instant_utc) as instant_utc
    from documents
    group by source

),

counted as (

    select
        source,
        count(*) as document_count,
        0 as quarantined_document_count
    from new_documents
    group by source
    union all
    select
        source,
        0 as document_count,
        count(*) as quarantined_document_count
    from new_quarantined_documents
    group by source
    union all
    select
        quarantined_documents.source,
        0 as document_count,
        -count(*) as quarantined_document_count
    from new_releases
    inner join quarantined_documents on new_releases.quarantined_document_id = quarantined_documents.document_id
    group by quarantined_documents.source
    {% if is_incremental() %}
        union all
        select
            source,
            document_count,
            quarantined_document_count
        from previous
    {% endif %}

),

counts as (

    select
        source,
        sum(document_count)::bigint as document_count,
        sum(quarantined_document_count)::bigint as quarantined_document_count
    from counted
    group by source

),

aged as (

    select
        newest_documents.source,
        newest_documents.received_utc,
        newest_instants.instant_utc,
        newest_documents.source_uri,
        {{ minutes_between("newest_documents.received_utc", "clock.extracted_as_of_utc") }} as age_minutes
    from newest_documents
    inner join newest_instants on newest_documents.source = newest_instants.source
    cross join clock

),

status as (

    select
        sources.source,
        {{ source_in_words("sources.source") }} as source_name,
        aged.received_utc,
        aged.instant_utc,
        aged.source_uri,
        aged.age_minutes,
        -- Tenths of an hour.
        floor(aged.age_minutes / 6 + 0.5)::integer as age_tenths,
        sources.cadence_minutes,
        sources.late_after_minutes,
        aged.age_minutes > sources.late_after_minutes as is_late,
        coalesce(counts.document_count, 0) as document_count,
        coalesce(counts.quarantined_document_count, 0) as quarantined_document_count
    from sources
    left join aged on sources.source = aged.source
    left join counts on sources.source = counts.source

)

select
    source,
    received_utc as newest_received_utc,
    instant_utc as newest_instant_utc,
    source_uri as newest_source_uri,
    age_minutes,
    cadence_minutes as rhythm_minutes,
    late_after_minutes,
    is_late,
    document_count,
    quarantined_document_count,
    cadence_minutes,
    cadence_minutes is not null and document_count = 0 as never_came,
    nullif(
        concat_ws(
            '; ',
            case
                when is_late
                    then
                        source_name || ': late, the newest document is '
                        || floor(age_tenths / 10.0)::integer || '.' || mod(age_tenths, 10) || ' hours old'
            end,
            case
                when quarantined_document_count > 0
                    then
                        quarantined_document_count
                        || case quarantined_document_count when 1 then ' document of ' else ' documents of ' end
                        || source_name
                        || case quarantined_document_count
                            when 1 then ' was refused and waits'
                            else ' were refused and wait'
                        end
                        || ' in quarantine (python -m extract quarantine)'
            end
        ),
        ''
    ) as sentence
from status
