-- Without a CTE around it: PostgreSQL would forget that the rows come in order, and sort them again for the engine.
select distinct on (asset_id, version_utc)
    asset_id,
    version_utc,
    received_utc,
    document_id,
    grid_start_utc,
    grid_end_utc
from {{ ref("stg_vpp__forecast_documents") }}
where {{ is_in_build() }}
order by asset_id asc, version_utc asc, received_utc desc, content_sha256 desc
