select * from kpi.a
