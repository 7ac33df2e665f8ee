/** The style of the HTML report: the reader's own light or dark, system fonts, nothing from elsewhere. */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#667085;--line:#dfe3ea;--ground:#fff;--panel:#f7f8fa;--accent:#2563eb;
--good:#15803d;--bad:#c02626;--warn:#b45309;--h0:#2563eb;--h1:#d97706;--h2:#059669;--h3:#c026d3;--h4:#dc2626;--h5:#0891b2}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--line:#303846;--ground:#12161d;--panel:#1a2029;--accent:#7aa5ff;
--good:#4ade80;--bad:#f87171;--warn:#fbbf24;--h0:#7aa5ff;--h1:#fbbf24;--h2:#34d399;--h3:#e879f9;--h4:#f87171;--h5:#22d3ee}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 10px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:14px 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th{color:var(--soft);font-weight:500;border-bottom:1px solid var(--line)}
th,td{padding:5px 18px 5px 0;text-align:left;white-space:nowrap}th.right,td.right{text-align:right}td:first-child{font-weight:600}
.note{color:var(--soft);font-size:14px;margin:8px 0}.status{font-weight:600}.done,.met{color:var(--good)}.failed,.unmet{color:var(--bad)}.gate-not-met,.interrupted,.running{color:var(--warn)}
.gate,.failure{background:var(--panel);border-left:4px solid currentColor;padding:10px 14px;margin:14px 0;border-radius:4px}
.gate p,.failure p,.gate code,.failure pre{color:var(--ink);margin:4px 0}code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow-x:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:8px 24px;margin:14px 0}
figure{margin:0}figcaption{color:var(--soft);font-size:13px;display:flex;flex-wrap:wrap;gap:2px 14px}svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}svg text.name{fill:var(--ink);font-size:12px}.grid{stroke:var(--line)}
.line{fill:none;stroke-width:1.6}.hue0{stroke:var(--h0);background:var(--h0)}.hue1{stroke:var(--h1);background:var(--h1)}.hue2{stroke:var(--h2);background:var(--h2)}
.hue3{stroke:var(--h3);background:var(--h3)}.hue4{stroke:var(--h4);background:var(--h4)}.hue5{stroke:var(--h5);background:var(--h5)}
figcaption i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:5px}figcaption b{color:var(--ink);font-weight:600}
rect.bar{fill:var(--soft)}rect.done,rect.value{fill:var(--accent)}rect.failed{fill:var(--bad)}rect.interrupted,rect.running{fill:var(--warn)}rect.cached,rect.skipped,rect.waiting{fill:var(--line)}
.whisker{stroke:var(--ink);stroke-width:1.4;fill:none}
`;
