{#-
    Puts the contract that began last in front: the rule for which one counts, wherever several could. If they began
    together, the greater contract id; then the greater other id, none being the smallest. Ids are compared bytewise, so
    that no database's collation decides.
-#}
{% macro began_last(begin, other_id) %}
    {{ return([
        begin ~ " desc",
        bytewise("contract_id") ~ " desc",
        bytewise(other_id) ~ " desc nulls last",
    ]) }}
{% endmacro %}
