{% from 'money.j2' import cents %}
SELECT {{ cents('1') }} AS a
