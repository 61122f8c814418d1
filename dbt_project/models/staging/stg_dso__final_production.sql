-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    source.metering_point_id,
    source.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
    quarter_hour.power_kw,
    source.grid_start_utc,
    source.issued_date,
    source.received_utc,
    source.content_sha256,
    source.document_id,
    {{ file_name("source.source_uri") }} as source_file_name
from {{ source("raw", "final_production") }} as source
cross join lateral {{ each_array_element({"power_kw": "source.power_kw"}, "quarter_hour") }}
where
    {{ is_in_build() }}
    and quarter_hour.power_kw is not null
