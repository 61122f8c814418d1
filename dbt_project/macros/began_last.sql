{#-
    Of several contracts, the one that began last in front: the rule by which one counts, wherever several could. Where
    they began together, the greater contract id; then the greater other id, none being the smallest. Ids are compared
    bytewise, so that no collation of a database decides.
-#}
{% macro began_last(begin, other_id) %}
    {{ return([
        begin ~ " desc",
        bytewise("contract_id") ~ " desc",
        bytewise(other_id) ~ " desc nulls last",
    ]) }}
{% endmacro %}
