/** How the pages of a bot look: in light and in dark, from a phone to a desk, and without colours. */
export const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1a1d24;--soft:#545b69;--line:#dfe3ea;--link:#1f52c7;--track:#e7eaf0;
--ok:#1a7a3f;--bad:#c0271d;--odd:#8a5a00;--live:#1f52c7;--plain:#44506a;--okbg:#e3f5ea;--badbg:#fde9e7;--oddbg:#fdf1d9;--livebg:#e4ecfd;--plainbg:#e8ecf4;--onbutton:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#101319;--card:#191d25;--text:#e8ebf1;--soft:#a5aebd;--line:#2d3340;--link:#8ab4ff;--track:#2a303c;
--ok:#62d494;--bad:#ff8d84;--odd:#f0bd5a;--live:#8ab4ff;--plain:#b5c0d6;--okbg:#12301f;--badbg:#3a1817;--oddbg:#35280d;--livebg:#17294a;--plainbg:#272d3a;--onbutton:#101319}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:anywhere}
.inner,main{max-width:62rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--track);padding:.1em .35em;border-radius:4px}
h1,h2,h3,p,ul,ol,dl,dd{margin:0;padding:0}
ul,ol{list-style:none}
small,.soft,time,dt{color:var(--soft)}
.skip{position:absolute;left:1rem;top:-4rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.skip:focus{top:.5rem}
.top{background:var(--card);border-bottom:1px solid var(--line)}
.top .inner{display:flex;align-items:center;gap:.3rem .9rem;min-height:3.4rem;padding-top:.4rem;padding-bottom:.4rem}
.home{font-weight:700;color:var(--text);text-decoration:none;padding:.4rem 0}
.top form{margin-left:auto;display:flex;align-items:center;gap:.7rem;color:var(--soft);min-width:0}
.top form span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.home,.top button{white-space:nowrap}
#live{font-size:.82rem;color:var(--soft);white-space:nowrap}
#live.on{color:var(--ok)}
#live::before{content:"";display:inline-block;width:.55em;height:.55em;border-radius:50%;background:currentColor;margin-right:.4em}
main{padding-top:1.4rem;padding-bottom:3rem}
main:focus{outline:0}
h1{font-size:clamp(1.4rem,5vw,1.9rem);line-height:1.25;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:0 0 .7rem}
.headline{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .9rem}
.back{display:inline-block;padding:.25rem 0;font-size:.92rem}
.says{margin:.4rem 0 0;font-size:1.05rem}
.note{border:1px solid var(--line);border-left:4px solid var(--odd);background:var(--oddbg);border-radius:6px;padding:.7rem 1rem;margin:1rem 0 0}
.note.bad{border-left-color:var(--bad);background:var(--badbg)}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem;margin:1rem 0}
nav a{display:block;padding:.4rem .8rem;border-radius:99px;border:1px solid var(--line);background:var(--card);color:var(--text);text-decoration:none;font-size:.92rem}
nav a[aria-current]{border-color:var(--link);color:var(--link);font-weight:600}
nav a:hover{text-decoration:underline}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;margin:1rem 0 0}
.releases{border:1px solid var(--line);border-radius:10px;background:var(--card);overflow:hidden}
.releases li{display:grid;grid-template-columns:8.6rem minmax(0,1fr) auto;gap:.1rem 1rem;padding:.75rem 1.15rem;align-items:baseline}
.releases li+li{border-top:1px solid var(--line)}
.releases h2{font-size:1rem;margin:0}
.releases p{grid-column:2/-1;font-size:.92rem}
.releases time{font-size:.85rem;white-space:nowrap}
.releases .badge{grid-row:1/3;justify-self:start;align-self:start;margin-top:.1rem}
.badge{display:inline-block;font-size:.8rem;font-weight:600;border-radius:99px;padding:.1rem .65rem;background:var(--plainbg);color:var(--plain);white-space:nowrap}
.passed{background:var(--okbg);color:var(--ok)}
.failed,.errored{background:var(--badbg);color:var(--bad)}
.inconclusive,.held,.awaiting-approval{background:var(--oddbg);color:var(--odd)}
.uploading,.starting,.waiting,.collecting{background:var(--livebg);color:var(--live)}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:1rem 0 0}
dt{font-size:.8rem}
.steps>li{position:relative;padding:0 0 1rem 2.2rem}
.steps>li:last-child{padding-bottom:0}
.steps>li::before{content:"";position:absolute;left:.5rem;top:1.7rem;bottom:.1rem;width:2px;background:var(--line)}
.steps>li:last-child::before{display:none}
.mark{position:absolute;left:0;top:.1rem;width:1.15rem;height:1.15rem;line-height:1.15rem;border-radius:50%;text-align:center;font-size:.78rem;font-weight:700;background:var(--plainbg);color:var(--plain)}
.done>.mark{background:var(--okbg);color:var(--ok)}.bad>.mark{background:var(--badbg);color:var(--bad)}
.now>.mark{background:var(--livebg);color:var(--live)}.held>.mark{background:var(--oddbg);color:var(--odd)}
.steps>.held,.steps>.bad{background:none;color:inherit}
.steps h3{font-size:1rem;display:inline;margin-right:.6rem}
.todo h3{font-weight:400;color:var(--soft)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.steps p,.steps li li{font-size:.93rem}
progress{width:min(20rem,100%);height:.6rem;accent-color:var(--live);display:block;margin:.35rem 0}
.bugs li{padding:.5rem 0}
.bugs p{color:var(--soft);font-size:.93rem}
.bugs li+li,.events li+li{border-top:1px solid var(--line)}
.bugs strong{display:block;unicode-bidi:plaintext}
.stop{margin-top:.8rem}
.chip{font-size:.8rem;font-weight:600;border-radius:99px;padding:.05rem .55rem;background:var(--plainbg);color:var(--plain)}
.chip.fail{background:var(--badbg);color:var(--bad)}
.events li{display:grid;grid-template-columns:12.5rem minmax(0,1fr);gap:0 1rem;padding:.3rem 0;font-size:.92rem}
.says,.steps p,.events span{unicode-bidi:plaintext}
details summary{cursor:pointer;color:var(--link);padding:.4rem 0;width:fit-content}
button,.button{font:inherit;font-weight:600;border:1px solid transparent;border-radius:8px;padding:.5rem 1.1rem;background:var(--link);color:var(--onbutton);cursor:pointer;min-height:2.75rem}
button.no{background:var(--bad)}
button.quiet{background:none;color:var(--link);border-color:var(--line);font-weight:400;padding:.3rem .8rem;min-height:2.3rem}
label{display:block;font-weight:600;margin:.6rem 0 .25rem}
input,textarea{font:inherit;width:100%;max-width:34rem;padding:.55rem .7rem;border:1px solid var(--soft);border-radius:8px;background:var(--bg);color:var(--text);display:block}
.buttons{display:flex;flex-wrap:wrap;gap:.7rem;margin-top:.8rem}
.login{max-width:26rem;margin:2rem auto 0}
@media (max-width:40rem){#live{font-size:0}#live::before{font-size:.9rem}.top .inner{gap:.3rem .6rem}.releases li{grid-template-columns:minmax(0,1fr) auto;padding:.75rem .9rem}.releases h2{grid-column:1/-1;grid-row:2}.releases p{grid-column:1/-1}.releases .badge{grid-row:1}.releases time{grid-row:1;grid-column:2}.events li{grid-template-columns:minmax(0,1fr)}.card{padding:.9rem}}
@media (forced-colors:active){.badge,.chip,.mark{border:1px solid}}
@media print{.top form,nav,#actions{display:none}}
`
