select * from kpi.e, kpi.a
