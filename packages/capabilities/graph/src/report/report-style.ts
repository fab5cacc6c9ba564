/** The page's own style: no font, image or script from elsewhere, light and dark by the reader's setting. */
export const REPORT_STYLE = `
:root { --paper: #fbfaf8; --card: #ffffff; --ink: #1c1b1a; --soft: #6c6863; --line: #e7e3dd; --accent: #2f5d8a; --accent-soft: #b9cee2; --warm: #c8553d; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #151617; --card: #1d1f21; --ink: #ecebe8; --soft: #a09c96; --line: #303336; --accent: #7fb0de; --accent-soft: #35506b; --warm: #ef8a70; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 56px 24px 96px; }
header p { color: var(--soft); max-width: 62ch; margin: 0 0 32px; }
h1 { font-size: clamp(30px, 5vw, 46px); line-height: 1.1; letter-spacing: -0.02em; margin: 0 0 12px; font-weight: 680; }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 0 0 4px; font-weight: 640; }
.kicker { text-transform: uppercase; letter-spacing: 0.12em; font-size: 12px; color: var(--accent); font-weight: 640; margin: 0 0 10px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; margin: 0 0 24px; }
.figures div { background: var(--card); padding: 18px 20px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 2px 0 0; font-size: 28px; font-weight: 640; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 24px 26px; margin: 0 0 24px; }
section > p { color: var(--soft); margin: 0 0 16px; font-size: 14px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(360px, 1fr)); gap: 24px; }
.pair section { margin: 0; } .pair { margin: 0 0 24px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .label { fill: var(--soft); } svg .value { fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .bar { fill: var(--accent); } svg g:hover > .bar { fill: var(--warm); } svg .axis { stroke: var(--line); }
svg .inner { stroke: var(--warm); stroke-width: 1.4; opacity: 0.7; } svg .outer { stroke: var(--accent-soft); stroke-width: 0.8; opacity: 0.55; }
svg circle { stroke: var(--card); stroke-width: 1.5; } svg .document { fill: var(--accent); } svg .site { fill: var(--warm); }
svg .names text { font-size: 11px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.legend { display: flex; gap: 20px; font-size: 13px; color: var(--soft); margin: 12px 0 0; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 7px; background: var(--accent); } .legend i.site { background: var(--warm); }
input[type=search] { width: 100%; font: inherit; padding: 10px 14px; margin: 4px 0 14px; border: 1px solid var(--line); border-radius: 10px; background: var(--paper); color: var(--ink); }
input[type=search]:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.scroll { overflow: auto; max-height: 620px; border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: var(--card); text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: 8px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
td small { display: block; color: var(--soft); word-break: break-all; }
.empty { color: var(--soft); }
footer { color: var(--soft); font-size: 13px; margin-top: 32px; } footer code { word-break: break-all; }
@media print { body { background: none; } section { break-inside: avoid; } .scroll { max-height: none; overflow: visible; } input { display: none; } }
`;

/** Filters the table while one types. The page reads as well without it. */
export const REPORT_SCRIPT = `
const box = document.querySelector("input[type=search]");
const rows = [...document.querySelectorAll("#documents tbody tr")];
const texts = rows.map((row) => row.textContent.toLowerCase());
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => { const fits = words.every((word) => texts[index].includes(word)); row.hidden = !fits; if (fits) shown += 1; });
  document.querySelector("#shown").textContent = shown + " of " + rows.length;
});
`;
