select
    documents.metering_point_id,
    documents.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
    quarter_hour.power_kw,
    documents.grid_start_utc,
    documents.issued_date,
    documents.received_utc,
    documents.content_sha256,
    documents.document_id,
    {{ file_name("documents.source_uri") }} as source_file_name
from {{ ref("stg_dso__final_production_files") }} as documents
cross join lateral {{ each_array_element({"power_kw": "documents.power_kw"}, "quarter_hour") }}
where
    {{ is_in_build() }}
    and quarter_hour.power_kw is not null
