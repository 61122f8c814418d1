{#-
    For each asset and quarter-hour asked for, the newest value from a version made at or before an instant.
-#}
{% macro newest_forecasts(asked, made_upto, versions, documents) -%}
    select
        asset_id,
        {{ quarter_hour_start("delivery_number") }} as delivery_start_utc,
        version_utc,
        power_kw
    from (
        {{ newest_versions_with_value(
            "(select asset_id, " ~ quarter_hour_number("delivery_start_utc") ~ " as delivery_number, "
            ~ made_upto ~ " as made_upto_utc from " ~ asked ~ ")",
            documents
        ) }}
    ) as newest
{%- endmacro %}

{#-
    The newest version made at or before an instant that holds a value for a quarter-hour asked for. Versions and
    requests are joined on asset and UTC day, so that an asset's whole history is not compared with each of its
    requests.

    asked: a relation with asset_id, delivery_number and made_upto_utc; small compared with the versions.
    documents: the documents that the versions are, with document_id and power_kw.
    Yields asset_id, delivery_number, made_upto_utc, version_utc, power_kw; no row if no version has a value.
-#}
{% macro newest_versions_with_value(asked, documents) -%}
    {%- set grid_start_number = quarter_hour_number("versions.grid_start_utc") -%}
    {%- set value = element(
        "documents.power_kw",
        "1 + candidates.delivery_number - candidates.grid_start_number",
    ) -%}
    -- The requests go to the versions, not the other way round. Without requests, no version is read.
    select /*+ broadcast(candidates) */
        candidates.asset_id,
        candidates.delivery_number,
        candidates.made_upto_utc,
        max(candidates.version_utc) as version_utc,
        max_by({{ value }}, candidates.version_utc) as power_kw
    from {{ documents }} as documents
    inner join (
        select /*+ broadcast(asked) */
            asked.asset_id,
            asked.delivery_number,
            asked.made_upto_utc,
            held.document_id,
            held.version_utc,
            held.grid_start_number
        from {{ asked }} as asked
        inner join (
            select
                versions.asset_id,
                versions.document_id,
                versions.version_utc,
                versions.is_whole,
                {{ grid_start_number }} as grid_start_number,
                {{ quarter_hour_number("versions.grid_end_utc") }} as grid_end_number,
                day.position as day_number
            from {{ ref("int_versions_in_force") }} as versions
            cross join lateral {{ each_position(
                "floor(" ~ grid_start_number ~ " / 96)",
                "floor((" ~ quarter_hour_number("versions.grid_end_utc") ~ " - 1) / 96)",
                "day",
            ) }}
        ) as held
            on
                asked.asset_id = held.asset_id
                and floor(asked.delivery_number / 96) = held.day_number
                and asked.delivery_number >= held.grid_start_number
                and asked.delivery_number < held.grid_end_number
                and asked.made_upto_utc >= held.version_utc
        -- Nothing older than the newest complete version can count: usually one or two are left.
        qualify held.version_utc >= coalesce(
            max(case when held.is_whole then held.version_utc end) over (
                partition by asked.asset_id, asked.delivery_number, asked.made_upto_utc
            ),
            {{ beginning_of_time() }}
        )
    ) as candidates
        on documents.document_id = candidates.document_id
    where {{ value }} is not null
    group by candidates.asset_id, candidates.delivery_number, candidates.made_upto_utc
{%- endmacro %}
