-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    document_id,
    metering_point_id,
    grid_start_utc,
    grid_start_utc + cardinality(power_kw) * interval '15 minutes' as grid_end_utc
from {{ source("raw", "final_production") }}
