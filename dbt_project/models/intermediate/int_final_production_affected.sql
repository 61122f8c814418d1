with changed as (

    {{ changed_documents(
        "int_final_production_newest",
        ref("stg_dso__final_production_documents"),
    ) }}

)

select
    documents.metering_point_id,
    documents.grid_start_utc as from_utc,
    documents.grid_end_utc as to_utc
from changed
inner join {{ ref("stg_dso__final_production_documents") }} as documents on changed.document_id = documents.document_id
