{{ config(materialized="view") }}

-- No CTE, as in staging (dbt_project.yml): samples are counted only for the documents asked for.
select
    documents.source_uri,
    documents.received_utc,
    documents.content_sha256,
    documents.asset_id,
    documents.measured_from_utc,
    documents.measured_to_utc,
    counts.sample_count,
    counts.uncounted_sample_count
from {{ ref("stg_live__documents") }} as documents
cross join
    lateral (
        select
            count(*)::integer as sample_count,
            count(*) filter (where not ({{ live_sample_counts("samples") }}))::integer as uncounted_sample_count
        from {{ ref("stg_live__samples") }} as samples
        where samples.document_id = documents.document_id
    ) as counts
where {{ is_in_build() }}
