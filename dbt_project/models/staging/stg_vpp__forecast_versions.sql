-- Around a CTE PostgreSQL would not know that the rows are in order, and would sort them again.
{{ newest_per_key(
    ref("stg_vpp__forecast_documents"),
    key=["asset_id", "version_utc"],
    newest_first=["received_utc desc", "content_sha256 desc"],
    columns=["asset_id", "version_utc", "received_utc", "document_id", "grid_start_utc", "grid_end_utc"],
    where=is_in_build(),
) }}
