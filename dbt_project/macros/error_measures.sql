{#-
    The error measures of forecasts, defined once for every mart that shows them. Sums come first, so that they can be
    kept by day and added up later; measures are computed from sums.
-#}

{#-
    Sums over the rows of a group, in a fixed order, so that equal inputs give bit-equal sums. The rows have error_kw
    (forecast minus actual; NULL: no pair), capacity_kw (NULL: not known), and for the skill against persistence
    paired_error_kw and persistence_error_kw, both of the same quarter-hours (NULL: the pair leaves both sides).
-#}
{% macro error_sums(order_by, has_persistence=false) -%}
    {%- set is_normalised = "capacity_kw is not null" -%}
    {%- set sums = [
        ("error_kw", none, "error_sum_kw"),
        ("abs(error_kw)", none, "absolute_error_sum_kw"),
        ("error_kw * error_kw", none, "squared_error_sum_kw2"),
        ("error_kw", is_normalised, "normalised_error_sum_kw"),
        ("abs(error_kw)", is_normalised, "normalised_absolute_error_sum_kw"),
        ("error_kw * error_kw", is_normalised, "normalised_squared_error_sum_kw2"),
        ("capacity_kw", "error_kw is not null", "capacity_sum_kw"),
    ] -%}
    {%- if has_persistence -%}
        {%- do sums.extend([
            ("paired_error_kw * paired_error_kw", none, "paired_squared_error_sum_kw2"),
            ("persistence_error_kw * persistence_error_kw", none, "persistence_squared_error_sum_kw2"),
        ]) -%}
        count(paired_error_kw)::integer as persistence_quarter_hour_count,
    {% endif -%}
        count(error_kw)::integer as quarter_hour_count,
        count(error_kw) filter (where {{ is_normalised }})::integer as normalised_quarter_hour_count
    {%- for value, condition, name in sums %},
        {{ sum_in_order(value, [order_by], where=condition) }} as {{ name }}
    {%- endfor %}
{%- endmacro %}

{#-
    The measures computed from these sums. Without a pair the sums are NULL, and so are the measures. The normalised
    ones are divided by the mean capacity of the pairs with a known capacity: if it changes, sum(|e|) / sum(P).
-#}
{% macro error_measures(has_persistence=false) -%}
    quarter_hour_count,
    absolute_error_sum_kw / quarter_hour_count as mae_kw,
    sqrt(squared_error_sum_kw2 / quarter_hour_count) as rmse_kw,
    error_sum_kw / quarter_hour_count as bias_kw,
    normalised_quarter_hour_count,
    normalised_absolute_error_sum_kw / nullif(capacity_sum_kw, 0) as nmae,
    sqrt(normalised_squared_error_sum_kw2 / normalised_quarter_hour_count)
    / nullif(capacity_sum_kw / normalised_quarter_hour_count, 0) as nrmse,
    normalised_error_sum_kw / nullif(capacity_sum_kw, 0) as nbias
    {%- if has_persistence %},
        persistence_quarter_hour_count,
        sqrt(paired_squared_error_sum_kw2 / persistence_quarter_hour_count) as paired_rmse_kw,
        sqrt(persistence_squared_error_sum_kw2 / persistence_quarter_hour_count) as persistence_rmse_kw,
        1 - sqrt(paired_squared_error_sum_kw2) / nullif(sqrt(persistence_squared_error_sum_kw2), 0) as skill_score
    {%- endif %}
{%- endmacro %}
