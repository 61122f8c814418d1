{{ config(materialized="view") }}

-- No CTE, as in staging (dbt_project.yml): a query for an asset and quarter-hours uses the index.
-- A version that came back shorter changes all that it reached before; int_forecasts_in_force records that for readers.
-- depends_on: {{ ref("int_forecasts_in_force") }}
select
    revisions.asset_id,
    revisions.delivery_start_utc,
    revisions.version_utc,
    {{ delivery_date("revisions.delivery_start_utc") }} as delivery_date,
    revisions.received_utc,
    floor({{ minutes_between("revisions.version_utc", "revisions.delivery_start_utc") }})::integer as lead_minutes,
    revisions.delivery_start_utc - interval '{{ var("gate_closure_minutes") }} minutes' >= revisions.version_utc
        as is_tradeable,
    revisions.power_kw
from (
    {{ each_revision(versions=ref("stg_vpp__forecast_versions"), documents=ref("stg_vpp__forecast_documents")) }}
) as revisions
{{ join_timezone(to="revisions") }}
