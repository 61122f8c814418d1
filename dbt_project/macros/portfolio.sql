{#- Joins to what is known of an asset and of the portfolio at a quarter-hour. -#}

{#-
    The asset's membership in the portfolio when a quarter-hour begins: joins `members`, with asset_id and capacity_kw. No
    row if the asset is not a member then.
-#}
{% macro join_members(to, how="left", more=[]) -%}
    {{ how }} join {{ ref("int_portfolio_periods") }} as members
        on
            {{ to }}.asset_id = members.asset_id
            and {{ is_valid("members", to) }}
            {%- for condition in more %}
                and {{ condition }}
            {%- endfor %}
{%- endmacro %}

{#- The portfolio when a quarter-hour begins: joins `totals`, with expected_asset_count and expected_capacity_kw. -#}
{% macro join_portfolio_totals(to) -%}
    inner join {{ ref("int_portfolio_totals") }} as totals on {{ is_valid("totals", to) }}
{%- endmacro %}

{#- The asset's time zone: joins `asset_timezones`, which timezone_of and delivery_date read. -#}
{% macro join_timezone(to) -%}
    left join {{ ref("int_asset_timezones") }} as asset_timezones on {{ to }}.asset_id = asset_timezones.asset_id
{%- endmacro %}
