/** The page's own style: no font, image or script from elsewhere, light and dark by the reader's setting. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --paper: #f7f6f3; --card: #ffffff; --ink: #17191c; --soft: #666b73; --line: #e6e4df; --track: #f0efeb; --accent: #2457d6; --warm: #b4341f; --warm-soft: #fdf1ee;
  --c0: #2457d6; --c1: #d9622b; --c2: #0f8f7a; --c3: #8a4bd1; --c4: #c2931a; --c5: #c93a7c; --c6: #4a9fd8; --cx: #a9adb5; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0f1114; --card: #171a1f; --ink: #eceef1; --soft: #9aa1ab; --line: #282d35; --track: #20252c; --accent: #7ea6ff; --warm: #ff9a85; --warm-soft: #2a1c1a;
    --c0: #7ea6ff; --c1: #ff9d6b; --c2: #4fd1b9; --c3: #bf93ff; --c4: #ecc35a; --c5: #ff86b8; --c6: #82cbf5; --cx: #6d747e; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-font-smoothing: antialiased; }
main { max-width: 1160px; margin: 0 auto; padding: 72px 28px 80px; }
header { margin: 0 0 40px; } header p { color: var(--soft); font-size: 17px; max-width: 64ch; margin: 0; }
h1 { font-size: clamp(34px, 5.4vw, 58px); line-height: 1.04; letter-spacing: -0.034em; margin: 0 0 18px; font-weight: 700; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 20px; letter-spacing: -0.017em; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
header .kicker { text-transform: uppercase; letter-spacing: 0.13em; font-size: 12px; color: var(--accent); font-weight: 650; margin: 0 0 14px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); border-block: 1px solid var(--line); margin: 0 0 40px; }
.figures div { padding: 20px 18px 20px 0; }
.figures dt { color: var(--soft); font-size: 13px; } .figures dd { margin: 2px 0 0; font-size: 32px; line-height: 1.2; font-weight: 650; letter-spacing: -0.03em; font-variant-numeric: tabular-nums; }
.figures .lost dd { color: var(--warm); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 28px 30px 30px; margin: 0 0 20px; box-shadow: 0 1px 2px rgb(0 0 0 / 0.03); min-width: 0; }
section > p { color: var(--soft); margin: 0 0 20px; font-size: 14px; max-width: 78ch; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 20px; margin: 0 0 20px; } .pair section { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums; }
svg .label, svg .value { fill: var(--soft); } svg .axis { stroke: var(--line); } svg .bar { fill: var(--accent); } svg g:hover > .bar { opacity: 0.75; }
.c0 { --tone: var(--c0); } .c1 { --tone: var(--c1); } .c2 { --tone: var(--c2); } .c3 { --tone: var(--c3); } .c4 { --tone: var(--c4); } .c5 { --tone: var(--c5); } .c6 { --tone: var(--c6); } .cx { --tone: var(--cx); }
.map { margin: 0 -14px; overflow-x: auto; } .map svg { min-width: 640px; }
.map path { stroke: var(--tone); stroke-width: 1.3; opacity: 0.42; } .map path.cx { opacity: 0.3; stroke-width: 1; }
.map circle { fill: var(--tone); stroke: var(--card); stroke-width: 2; } .map a:hover circle, .map a:focus-visible circle { stroke: var(--ink); } .map a:focus { outline: none; }
.map .names { pointer-events: none; } .map .names text { font-size: 11px; fill: var(--soft); paint-order: stroke; stroke: var(--card); stroke-width: 3.5px; stroke-linejoin: round; } .map .names text.major { font-size: 12px; font-weight: 650; fill: var(--ink); }
.map path, .map circle, .map text { transition: opacity 0.15s; } .map .dimmed .off { opacity: 0.07; } .map .dimmed path:not(.off) { opacity: 0.9; }
.legend { display: flex; flex-wrap: wrap; gap: 8px 22px; list-style: none; font-size: 13px; margin: 16px 0 0; padding: 0; } .legend span { color: var(--soft); font-variant-numeric: tabular-nums; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; background: var(--tone); }
.share { display: flex; gap: 2px; height: 16px; border-radius: 8px; overflow: hidden; } .share span { background: var(--tone); min-width: 4px; }
.bars { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: minmax(0, max-content) minmax(60px, 1fr) max-content; gap: 7px 14px; align-items: center; font-size: 14px; }
.bars li { display: contents; } .bars .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 24ch; } .bars .value { color: var(--soft); font-size: 13px; text-align: right; font-variant-numeric: tabular-nums; }
.bars .track { background: var(--track); border-radius: 5px; height: 12px; } .bars .fill { display: block; height: 100%; min-width: 3px; background: var(--accent); border-radius: 5px; }
.lost-list { border-color: var(--warm); background: var(--warm-soft); }
input[type=search] { width: 100%; font: inherit; padding: 11px 15px; margin: 0 0 14px; border: 1px solid var(--line); border-radius: 10px; background: var(--paper); color: var(--ink); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.scroll { overflow: auto; max-height: 640px; border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; background: var(--card); }
th { position: sticky; top: 0; background: var(--card); text-align: left; color: var(--soft); font-weight: 600; font-size: 13px; box-shadow: inset 0 -1px var(--line); z-index: 1; white-space: nowrap; }
th button { all: unset; cursor: pointer; } th button:hover { color: var(--ink); } th button:focus-visible { outline: 2px solid var(--accent); } th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
th, td { padding: 10px 14px; vertical-align: top; } td { border-top: 1px solid var(--line); } tbody tr:first-child td { border-top: 0; } tbody tr:hover td { background: var(--track); } tr:target td { background: color-mix(in srgb, var(--accent) 14%, var(--card)); } tr { scroll-margin-top: 60px; }
td.number, th.number { text-align: right; white-space: nowrap; } td small { display: block; color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.empty { color: var(--soft); margin: 0; }
footer { color: var(--soft); font-size: 13px; margin-top: 36px; } footer p { margin: 0 0 4px; } code { font: 0.93em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
@media (max-width: 560px) { main { padding: 40px 16px; } section { padding: 22px 18px; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } * { transition: none !important; } }
@media print { body { background: none; } section { break-inside: avoid; box-shadow: none; } .scroll { max-height: none; overflow: visible; } input { display: none; } }
`;
