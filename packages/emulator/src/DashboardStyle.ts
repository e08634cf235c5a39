/** The style of the emulator's pages, light and dark, from a phone on. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --paper: #f6f7f9; --card: #fff;
  --good: #1a7f37; --bad: #c4222e; --live: #0b62c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #9aa5b1; --line: #31383f; --paper: #12161a; --card: #1a1f25;
    --good: #4cc26b; --bad: #ff6b70; --live: #6cb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; } h2 small { font-weight: normal; }
header p { margin: .2rem 0; } .facts, small, .empty, time { color: var(--soft); } small { font-size: .82rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: .6rem 0 1rem; }
a { color: var(--live); }
code { font: .88em ui-monospace, monospace; } .path, header code, li, pre { overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; margin: 0 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: .78rem; font-weight: 600; color: var(--soft); }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; } td:first-child > code, time { white-space: nowrap; }
td small { display: inline-block; overflow-wrap: anywhere; }
progress { width: 6rem; max-width: 100%; height: .5rem; accent-color: var(--live); }
.badge { display: inline-block; padding: .05rem .45rem; border-radius: 1rem; border: 1px solid currentColor;
  font-size: .78rem; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .live { color: var(--live); } .plain { color: var(--soft); }
.well { color: var(--good); margin: 0 0 1rem; } .ill h2 { color: var(--bad); } ul { margin: 0; padding-left: 1.1rem; }
.empty { margin: 0; }
details { border-top: 1px solid var(--line); padding: .5rem 0; } details:first-of-type { border-top: 0; }
summary { cursor: pointer; } pre { overflow-x: auto; margin: .4rem 0; font: .82rem/1.4 ui-monospace, monospace; }
dl { margin: .5rem 0; } dt { font-weight: 600; } dd { margin: 0 0 .4rem 1rem; }
@media (max-width: 40rem) {
  body { padding: .75rem; font-size: 14px; } section { padding: .7rem; }
  thead { display: none; } table, tbody { display: block; }
  tr { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .8rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
  tr:first-child { padding-top: 0; } tr:last-child { border-bottom: 0; padding-bottom: 0; }
  th, td { border: 0; padding: 0; } .wide { order: 5; flex-basis: 100%; min-width: 0; overflow-wrap: anywhere; }
  td br { display: none; } .wide br { display: inline; } td progress { width: 4rem; vertical-align: middle; } td small { margin-left: .3rem; } .wide small { margin: 0; }
}
`
