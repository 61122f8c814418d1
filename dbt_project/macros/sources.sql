{#- The names of the sources of power documents as sources of power. -#}
{% macro names_of_power() %}
    {{ return({"forecasts": "forecast", "live-infeed": "live", "final-production": "final_production"}) }}
{% endmacro %}

{#- The sources as models/staging/sources.yml declares them. -#}
{% macro declared_sources() %}
    {% set declared = [] %}
    {% for table in (graph.sources.values() if execute else []) if table.config.meta.source %}
        {% do declared.append({
            "source": table.config.meta.source,
            "cadence_minutes": table.config.meta.cadence_minutes,
            "late_after_minutes": table.config.freshness.warn_after.count if table.config.freshness else none,
        }) %}
    {% endfor %}
    {{ return(declared | sort(attribute="source")) }}
{% endmacro %}
