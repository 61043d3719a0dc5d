select * from kpi.d
