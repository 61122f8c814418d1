{#- How far a build sees, and its instant: statements and an expression for its registration. -#}

{% macro fix_bound() %}
    -- Documents commit in the order of their ids, so all up to this one are visible from here on.
    upto := greatest(
        0
        {%- for table in document_tables() %},
            (select max(document_id) from {{ table }})
        {%- endfor %}
    );
{% endmacro %}

{% macro forget_clock() %}
    -- The clock continues from the last build, unless what moved it there has been retracted since.
    if {{ flags.FULL_REFRESH }} or exists (
        select from raw.retraction
        inner join raw.document on document.document_id = retraction.retracted_document_id
        where
            retraction.document_id > previous.documents_upto
            and retraction.document_id <= upto
            and document.received_utc >= previous.as_of_utc
    ) then
        previous.as_of_utc := null;
        previous.documents_upto := 0;
    end if;
{% endmacro %}

{% macro newest_receipt() %}
    greatest(
        previous.as_of_utc,
        (
            select max(received_utc) from raw.document
            where
                document_id > coalesce(previous.documents_upto, 0)
                and document_id <= upto
                and document_id not in (
                    select retracted_document_id from raw.retraction
                    where retraction.document_id <= upto
                )
        )
    )
{% endmacro %}

{#- A clock ahead of the database's own is certainly wrong. -#}
{% macro warn_of_a_clock_ahead() %}
    {% set ahead = run_query(
        "select to_char(as_of_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from ("
        ~ " select greatest(as_of_utc, extracted_utc) as as_of_utc from " ~ clock_of_build() ~ " as instants"
        ~ ") as build where as_of_utc > clock_timestamp() + interval '5 minutes'"
    ) %}
    {% if ahead.rows | length > 0 %}
        {% do exceptions.warn(
            "the newest receipt or run is of " ~ ahead.rows[0][0] ~ " (UTC), ahead of the database's clock: a document was "
            ~ "received, or the extractor ran, with a wrong clock (python -m extract status shows which)"
        ) %}
    {% endif %}
{% endmacro %}
