{#-
    Words for models of tables: a build computes only what is in the table `affected`, ranges from_utc to to_utc of an
    asset or metering point. In a build that computes everything they add nothing.
-#}

{#-
    The table `affected` if a build computes only a part. `by` names the model that says which, if that does not follow
    from the graph: the table then has to come after it.
-#}
{% macro affected(by=none) %}
    {% do ref(by) if by %}
    {{ return("affected" if is_incremental() else none) }}
{% endmacro %}

{#-
    Restricts a relation that is being read to what is affected. Its rows are about the quarter-hour or day `instant`;
    `before` (an interval) also reads some time before that. If the relation lacks the model's key or delivery_date,
    `scope` and `delivery_date` are expressions for them. `more` are further conditions that can use an index.
-#}
{% macro join_affected(relation, by=none, scope=none, instant=none, delivery_date=none, before=none, more=[]) %}
    {%- do ref(by) if by -%}
    {%- if is_incremental() -%}
        {%- set key = scope_of(model) -%}
        {%- set instant = relation ~ "." ~ (instant or "delivery_start_utc") -%}
        {%- set day = "(" ~ (delivery_date or relation ~ ".delivery_date") ~ ")::timestamp at time zone 'UTC'" -%}
        inner join affected
            on
                {% if key %}{{ scope or relation ~ "." ~ key }} = affected.{{ key }} and{% endif %}
                {% if grain_of(model) == "delivery_date" %}
                    {{ instant }} >= affected.from_utc - interval '14 hours'
                    and {{ instant }} < affected.to_utc + interval '12 hours'
                    and {{ day }} >= affected.from_utc
                    and {{ day }} < affected.to_utc
                {% else %}
                    {{ instant }} >= affected.from_utc{{ " - " ~ before if before }}
                    and {{ instant }} < affected.to_utc
                {% endif %}
                and {{ is_between_affected(instant, before) }}
                {% for condition in more %}
                    and {{ condition }}
                {% endfor %}
    {%- endif -%}
{% endmacro %}

{#- A condition: a row of a relation with the model's key is affected. -#}
{% macro is_affected(relation) -%}
    {%- if is_incremental() -%}
        {%- set grain = relation ~ "." ~ grain_of(model) -%}
        {%- set bounds = bounds_of_affected() -%}
        (
            {% if grain_of(model) == "delivery_date" %}
                {{ grain }} >= ({{ bounds[0] }} at time zone 'UTC')::date
                and {{ grain }} < ({{ bounds[1] }} at time zone 'UTC')::date
            {% else %}
                {{ is_between_affected(grain) }}
            {% endif %}
            and exists (
                select from affected
                where
                    {{ instant_of(relation) }} >= affected.from_utc
                    and {{ instant_of(relation) }} < affected.to_utc
                    {% if scope_of(model) %}and {{ relation }}.{{ scope_of(model) }} = affected.{{ scope_of(model) }}{% endif %}
            )
        )
    {%- else -%} true {%- endif -%}
{%- endmacro %}

{#- What a row of the model is about, as an instant. -#}
{% macro instant_of(relation) -%}
    {%- set grain = grain_of(model) -%}
    {{ relation }}.{{ grain }}{{ "::timestamp at time zone 'UTC'" if grain == "delivery_date" }}
{%- endmacro %}

{#-
    A condition that can use an index of the relation: between the first and the last affected instant. It adds nothing to
    what is affected, but the planner cannot see from a join how few rows that is, and would read all of the history.
-#}
{% macro is_between_affected(instant, before=none) -%}
    {%- if is_incremental() -%}
        {%- set bounds = bounds_of_affected() -%}
        {%- set is_day = grain_of(model) == "delivery_date" -%}
        (
            {{ instant }} >= {{ bounds[0] }}{{ " - interval '14 hours'" if is_day }}{{ " - " ~ before if before }}
            and {{ instant }} < {{ bounds[1] }}{{ " + interval '12 hours'" if is_day }}
        )
    {%- else -%} true {%- endif -%}
{%- endmacro %}
