/** How the HTML report looks: in light and in dark, from a phone to a desk, on paper, and without colours. */

/** The style sheet. Its hash stands in the policy of the page: who changes the one changes the other. */
export const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1a1d24;--soft:#545b69;--line:#dfe3ea;--link:#1f52c7;--track:#e7eaf0;
--ok:#1a7a3f;--bad:#c0271d;--odd:#8a5a00;--okbg:#e3f5ea;--badbg:#fde9e7;--oddbg:#fdf1d9;--known:#44506a;--knownbg:#e8ecf4;
--critical:#a01040;--high:#c0271d;--medium:#8a5a00;--low:#44506a;--unknown:#6c3fb0}
@media (prefers-color-scheme:dark){:root{--bg:#101319;--card:#191d25;--text:#e8ebf1;--soft:#a5aebd;--line:#2d3340;--link:#8ab4ff;--track:#2a303c;
--ok:#62d494;--bad:#ff8d84;--odd:#f0bd5a;--okbg:#12301f;--badbg:#3a1817;--oddbg:#35280d;--known:#b5c0d6;--knownbg:#272d3a;
--critical:#ff7ba5;--high:#ff8d84;--medium:#f0bd5a;--low:#b5c0d6;--unknown:#c9a8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:anywhere}
.inner,main,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--track);padding:.1em .35em;border-radius:4px}
small{color:var(--soft);font-weight:400}
dd small,.found small,.files small{white-space:nowrap}
h1,h2,h3,h4,h5,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:1rem;top:-4rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.skip:focus{top:1rem}
.banner{--tone:var(--odd);--tonebg:var(--oddbg);background:var(--tonebg);border-top:6px solid var(--tone);border-bottom:1px solid var(--line);padding:1.75rem 0 0}
.passed .banner{--tone:var(--ok);--tonebg:var(--okbg)}
.failed .banner{--tone:var(--bad);--tonebg:var(--badbg)}
.kicker{color:var(--soft);font-size:.9rem}
h1{display:flex;align-items:center;gap:.7rem;font-size:clamp(2rem,6vw,2.9rem);line-height:1.2;letter-spacing:-.02em;color:var(--tone)}
.icon{width:1em;height:1em;flex:none}
.icon circle{fill:var(--tone)}
.icon path{fill:none;stroke:var(--tonebg);stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}
.summary{font-size:1.15rem;margin-top:.35rem;font-weight:600}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:1.1rem 0 1.2rem}
dt{color:var(--soft);font-size:.8rem}
nav ul{margin-left:-.9rem;display:flex;flex-wrap:wrap;gap:.25rem}
nav a{display:block;padding:.55rem .9rem;text-decoration:none;font-weight:600;border-radius:8px 8px 0 0;color:var(--text)}
nav a:hover{background:var(--bg);text-decoration:underline}
nav b,h3 b{font-size:.78rem;font-weight:600;background:var(--card);color:var(--soft);border:1px solid var(--line);border-radius:99px;padding:.1rem .5rem;vertical-align:middle}
main{padding-bottom:3rem}
main:focus{outline:0}
h2{font-size:1.5rem;letter-spacing:-.01em;margin:2.4rem 0 .7rem;scroll-margin-top:1rem}
h3{font-size:1.1rem;margin:1.5rem 0 .6rem}
.counts,.hint,.meta,.none{color:var(--soft)}
.counts strong{color:var(--text)}
.reasons li{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--odd);border-radius:6px;padding:.55rem .9rem;margin-bottom:.4rem}
.failed .reasons li{border-left-color:var(--bad)}
.severity{--tone:var(--unknown)}
.critical{--tone:var(--critical)}.high{--tone:var(--high)}.medium{--tone:var(--medium)}.low{--tone:var(--low)}
.severity h3{color:var(--tone)}
.bug,.run,.accepted li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;margin-bottom:.7rem;scroll-margin-top:1rem}
.bug{border-left:4px solid var(--tone)}
.many .bug{content-visibility:auto;contain-intrinsic-size:auto 9rem}
.bug:target{outline:3px solid var(--link);outline-offset:2px}
h4{font-size:1.05rem;line-height:1.4}
h4,.text,.reasons li,.goal span{unicode-bidi:plaintext}
.chips{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .8rem;margin:.4rem 0;color:var(--soft);font-size:.88rem}
.chip{border-radius:99px;padding:.08rem .6rem;background:var(--knownbg);color:var(--known);font-weight:600}
.chip.fail{background:var(--badbg);color:var(--bad)}
.chip.new{background:transparent;box-shadow:inset 0 0 0 1.5px currentColor;color:var(--text)}
.chip.expired{background:var(--oddbg);color:var(--odd)}
.text{white-space:pre-line;max-width:68ch}
.acceptance{border-left:3px solid var(--line);padding-left:.7rem;margin:.4rem 0}
details{margin-top:.5rem}
summary{cursor:pointer;color:var(--link);padding:.25rem 0;width:fit-content}
.reproduction{list-style:decimal;margin:.3rem 0 .7rem 1.4rem}
.sightings{color:var(--soft);font-size:.9rem}
.sightings li+li{margin-top:.3rem}
.problem{color:var(--bad)}
.result{font-size:.8rem;font-weight:700;border-radius:5px;padding:.1rem .45rem;background:var(--knownbg);color:var(--known)}
.result.ok{background:var(--okbg);color:var(--ok)}.result.bad{background:var(--badbg);color:var(--bad)}.result.odd{background:var(--oddbg);color:var(--odd)}
.player{margin-top:1.2rem;padding-top:1rem;border-top:1px solid var(--line)}
h5{font-size:.98rem;margin-bottom:.5rem}
.steps li{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr) 5.2rem;gap:.15rem 1rem;align-items:center;padding:.32rem 0}
.axis{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr) 5.2rem;gap:0 1rem;color:var(--soft);font-size:.78rem}
.axis i{font-style:normal}
.axis span{grid-column:2;display:flex;justify-content:space-between}
.goal{display:flex;gap:.55rem}
.mark{flex:none;width:1.1em;text-align:center;font-weight:700;color:var(--soft)}
.ok>.goal .mark{color:var(--ok)}.bad>.goal .mark{color:var(--bad)}.odd>.goal .mark{color:var(--odd)}
.lane{width:100%;height:12px;overflow:visible}
.track{fill:var(--track)}
.bar{fill:var(--soft)}
.ok>.lane .bar{fill:var(--ok)}.bad>.lane .bar{fill:var(--bad)}.odd>.lane .bar{fill:var(--odd)}
.time{text-align:right;color:var(--soft);font-size:.88rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.steps .text{grid-column:1/-1;color:var(--soft);font-size:.9rem;padding-left:1.65rem}
.found{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr) 5.2rem;gap:.15rem 1rem;align-items:center;margin-top:.35rem}
.found p{grid-column:1;grid-row:1;padding-left:1.65rem;font-size:.92rem}
.found .lane{grid-column:2;grid-row:1}
.marks circle{fill:var(--tone,var(--unknown));stroke:var(--card);stroke-width:2}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.8rem;margin-top:.8rem}
img{display:block;width:100%;height:auto;border-radius:8px;border:1px solid var(--line)}
figcaption{color:var(--soft);font-size:.85rem}
.files{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin-top:.7rem;font-size:.92rem}
.kind{color:var(--soft)}
footer{color:var(--soft);font-size:.85rem;padding-bottom:2rem}
@media (max-width:40rem){.steps li,.found{grid-template-columns:minmax(0,1fr) auto}.steps .lane{grid-column:1/-1;grid-row:2}.found p{grid-column:1/-1;grid-row:2;padding-left:0}.found .lane{grid-column:1/-1;grid-row:1}.axis{display:none}.bug,.run{padding:.85rem .9rem}}
@media (forced-colors:active){.bar,.marks circle{fill:CanvasText}.track{fill:Canvas;stroke:CanvasText}.chip,.result{border:1px solid}}
@media print{body{background:#fff}.bug,.run,.many .bug{break-inside:avoid;content-visibility:visible}nav,.skip{display:none}}
`

/** What the policy of the page allows as its style: the SHA-256 of the style sheet. */
export const styleHash = "sha256-OUue/S1sneh+MAJgPsopGHQRJV09g4I6WuCAmfzWN/k="
