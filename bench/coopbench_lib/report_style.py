# SPDX-License-Identifier: GPL-2.0-or-later
"""The style of the report's page: a laptop's screen, a projector (letters grow with a wide window) and print."""

STYLE = """
:root { font-size: clamp(15px, 0.55vw + 9px, 24px); }
body { margin: 1.5rem auto; padding: 0 1.5rem; max-width: 84rem; background: #fff; color: #111;
  font-family: "DejaVu Sans", Helvetica, Arial, sans-serif; line-height: 1.45; }
h1 { font-size: 1.7rem; margin: 0 0 .6rem; } h2 { font-size: 1.3rem; border-bottom: 2px solid #111; margin-top: 2rem; }
h3 { font-size: 1.1rem; margin: 2rem 0 .6rem; } h4 { font-size: 1rem; margin: 0 0 .3rem; }
a { color: #004b7a; text-decoration-thickness: 1px; text-underline-offset: 2px; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: .85em; overflow-wrap: anywhere; }
small, .small, .files { font-size: .8rem; color: #444; font-weight: normal; } .small { margin: .3rem 0; }
.unit, .note { background: #f1f1f1; border-left: 5px solid #0072b2; padding: .5rem .8rem; }
.note { border-color: #d55e00; }
.wide { overflow-x: auto; margin-bottom: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .18rem .6rem; text-align: right; }
th.name, td.name { text-align: left; font-weight: normal; }
thead th { border-bottom: 2px solid #111; vertical-align: bottom; } th.mode { text-align: center; }
.headline tbody tr:nth-child(even) { background: #f3f3f3; }
.headline td a { color: inherit; text-decoration-style: dotted; }
.headline th, .headline td { padding: .18rem .45rem; white-space: nowrap; } .headline { font-size: .9rem; }
.peers td { line-height: 1.25; }
.glance td, .glance th { padding: .1rem .55rem; font-size: .9rem; }
.glance td { border: 1px solid #fff; text-align: right; } .glance tbody tr:hover { outline: 1px solid #111; }
.shade1 { background: #e3edf5; } .shade2 { background: #bcd6ea; } .shade3 { background: #85b4d8; }
.shade4 { background: #2f7fb8; color: #fff; }
.shade5 { background: #123f63; color: #fff; }
.first { border-left: 1px solid #888; } .mode { border-left: 1px solid #888; } .dear { font-weight: bold; }
.none { text-align: center; color: #444; }
.exits { font-size: .8rem; width: 100%; } .exits th, .exits td { padding: .1rem .35rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; } dt { color: #444; }
  dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
details { margin: .5rem 0; } details td { text-align: left; font-size: .85rem; }
figure { margin: .8rem 0; } figure svg { max-width: 100%; height: auto; display: block; }
figcaption { font-size: .85rem; } .files a { margin-right: .3rem; }
.workloads { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(34rem, 100%), 1fr)); gap: 1.2rem; }
article { border: 1px solid #bbb; padding: .8rem 1rem; }
article > p:first-of-type { margin: .2rem 0; font-size: .9rem; }
.raw { max-height: 24rem; overflow: auto; border: 1px solid #bbb; padding: .5rem; font-size: .75rem;
  font-family: "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.raw div { padding: .1rem 0; } :target { background: #f0e442; outline: 2px solid #111; }
@media screen and (max-width: 1150px) {
  .headline { font-size: .8rem; } .headline th, .headline td { padding: .16rem .28rem; }
}
@media print {
  @page { margin: 14mm; }
  :root { font-size: 10pt; } body { margin: 0; padding: 0; max-width: none; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; } .raw, .files, nav { display: none; }
  figure svg { max-height: 240mm; }
  figure, tr, dl, .small { break-inside: avoid; } article { break-inside: auto; } article > p { break-after: avoid; }
  h2, h3, h4 { break-after: avoid; } thead { display: table-header-group; }
  .workloads { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 3mm; margin-right: 1mm; }
  article { padding: 2mm; } article figure { margin: .5mm 0; } article figure svg { max-height: 62mm; }
  article > p:first-of-type, article figcaption { font-size: 7pt; }
  .exits th, .exits td { font-size: 6pt; padding: 0 .5mm; } .exits + p { font-size: 6pt; }
  .headline, .glance td, .glance th { font-size: 7pt; } .headline td, .headline th { padding: .2mm .8mm; }
  svg, tr, td, .unit { print-color-adjust: exact; }
}
"""
