{#-
    For each asset and quarter-hour that is asked about, the value of the newest version that was made up to an instant and
    that holds one.
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
            ~ made_upto ~ " as made_upto_utc from " ~ asked ~ ")"
        ) }}
    ) as newest
{%- endmacro %}

{#-
    The newest version that holds a value for a quarter-hour that is asked about, of those made up to an instant. Versions
    and questions meet on asset and UTC day, so that no asset's whole history is compared with each of its questions.

    asked: a relation with asset_id, delivery_number and made_upto_utc; small beside the versions.
    Yields asset_id, delivery_number, made_upto_utc, version_utc, power_kw; no row where no version has a value.
-#}
{% macro newest_versions_with_value(asked) -%}
    {%- set value = element("held.power_kw", "1 + asked.delivery_number - held.grid_start_number") -%}
    select
        asked.asset_id,
        asked.delivery_number,
        asked.made_upto_utc,
        max(held.version_utc) as version_utc,
        max_by({{ value }}, held.version_utc) as power_kw
    from {{ asked }} as asked
    inner join (
        select
            versions.asset_id,
            versions.version_utc,
            versions.power_kw,
            {{ quarter_hour_number("versions.grid_start_utc") }} as grid_start_number,
            day.position as day_number
        from {{ ref("int_versions_in_force") }} as versions
        cross join lateral {{ each_position(
            "floor(" ~ quarter_hour_number("versions.grid_start_utc") ~ " / 96)",
            "floor((" ~ quarter_hour_number("versions.grid_end_utc") ~ " - 1) / 96)",
            "day",
        ) }}
    ) as held
        on
            asked.asset_id = held.asset_id
            and floor(asked.delivery_number / 96) = held.day_number
            and asked.made_upto_utc >= held.version_utc
            and {{ value }} is not null
    group by asked.asset_id, asked.delivery_number, asked.made_upto_utc
{%- endmacro %}
