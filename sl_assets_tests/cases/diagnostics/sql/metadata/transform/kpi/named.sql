{% if true %}
select 1 as one
{% endif %}
from sales.missing
