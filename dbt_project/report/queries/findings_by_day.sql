select
    delivery_date,
    count(*) as finding_count
from data_findings
where finding <> 'never_came' and delivery_date between %(first_date)s and %(last_date)s
group by delivery_date;
