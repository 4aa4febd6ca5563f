-- The role of the exporter: it reads statistics, and nothing else. Run again, it only sets the password anew.
create extension if not exists pg_stat_statements;
select 'create role exporter login connection limit 3' where not exists (select from pg_roles where rolname = 'exporter') \gexec
alter role exporter password :'password';
grant pg_monitor to exporter;
