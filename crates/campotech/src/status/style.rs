//! How the status page looks.

pub(super) const CSS: &str = "\
:root{color-scheme:light dark;--ok:#137a3e;--warn:#9a6200;--bad:#b3261e;--dim:#6b7280;--line:#8884}\
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;background:Canvas;color:CanvasText}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p.sub{color:var(--dim);margin:.25rem 0 0}\
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.75rem;margin:0;padding:0}\
.facts div{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}\
.facts dt{color:var(--dim);font-size:.85rem}.facts dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}\
#charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));gap:1rem}\
figure{margin:0;border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;min-width:0}\
figcaption{color:var(--dim);font-size:.85rem;margin-bottom:.25rem}.u-legend{color:var(--dim);font-size:.8rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line)}\
th{color:var(--dim);font-weight:600;font-size:.85rem}td.n{font-variant-numeric:tabular-nums}\
.state::before{content:'\\25CF';margin-right:.4rem}\
.healthy{color:var(--ok)}.degraded{color:var(--warn)}.unhealthy{color:var(--bad)}.unknown{color:var(--dim)}\
@media (prefers-color-scheme:dark){:root{--ok:#6fd797;--warn:#f0b849;--bad:#ff8a80;--dim:#9ca3af}}";
