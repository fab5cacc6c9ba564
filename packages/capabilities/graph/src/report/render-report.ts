import { languageChart, readabilityChart, sizeChart, termChart } from "./bar-charts.ts";
import { formatBytes, formatNumber, html, Markup } from "./html.ts";
import { linkMap, linkMapCaption } from "./link-map.ts";
import type { ReportData, ReportDocument } from "./report-data.ts";
import { REPORT_SCRIPT, REPORT_STYLE } from "./report-style.ts";

export interface ReportFailure {
  /** Which step could not do it: `parse`, `analyse`, `add`. */
  readonly step: string;
  readonly path: string;
  readonly message: string;
}

export interface ReportOptions {
  readonly title: string;
  readonly failures: readonly ReportFailure[];
  /** Facts of the machine, by name. */
  readonly machine: Readonly<Record<string, string>>;
  readonly runId: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** One self-contained page: nothing in it comes from elsewhere. */
export function renderReport(data: ReportData, options: ReportOptions): string {
  const { documents } = data;
  const words = documents.reduce((sum, document) => sum + document.words, 0);
  const bytes = documents.reduce((sum, document) => sum + document.bytes, 0);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title}</title><style>${new Markup(REPORT_STYLE)}</style></head>
<body><main>
<header><p class="kicker">cjm · document graph</p><h1>${options.title}</h1>
<p>${introduction(documents.length, options)}</p></header>
<dl class="figures">${[
    ["Documents", formatNumber(documents.length)],
    ["Sections", formatNumber(data.sections)],
    ["Terms", formatNumber(data.distinctTerms)],
    ["Links", formatNumber(data.links.length)],
    ["Words", formatNumber(words)],
    ["Read", formatBytes(bytes)],
  ].map(([name = "", value = ""]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<section><h2>Links between documents</h2><p>${linkMapCaption(data)}</p>${linkMap(data)}
<div class="legend"><span><i></i>document</span><span><i class="site"></i>site</span></div></section>
<section><h2>What they are about</h2><p>Terms by the number of documents that keep coming back to them.</p>${termChart(data.topTerms)}</section>
<div class="pair"><section><h2>Sizes</h2><p>Documents by the bytes of their files.</p>${sizeChart(documents)}</section>
<section><h2>Readability</h2><p>Flesch reading ease of the English ones: the further right, the easier.</p>${readabilityChart(documents)}</section></div>
<section><h2>Languages</h2><p>As guessed from the words that stand in them.</p>${languageChart(documents)}</section>
${failureSection(options.failures)}
<section><h2>Documents</h2><p><span id="shown">${`${documents.length} of ${documents.length}`}</span></p>
<input type="search" placeholder="Filter by title, path or language" aria-label="Filter documents">
<div class="scroll"><table id="documents"><thead><tr><th>Document</th><th>Language</th><th class="number">Sections</th><th class="number">Words</th><th class="number">Ease</th><th class="number">Size</th></tr></thead>
<tbody>${documents.map(documentRow)}</tbody></table></div></section>
${footer(options)}
</main><script>${new Markup(REPORT_SCRIPT)}</script></body></html>
`;
  return page.text;
}

function introduction(count: number, { failures }: ReportOptions): string {
  if (count === 0 && failures.length === 0) return "There was no document to read. Everything below is empty, as it should be.";
  const lost =
    failures.length === 0
      ? "None was left out."
      : `${formatNumber(failures.length)} could not be read and ${failures.length === 1 ? "is" : "are"} listed with the reason.`;
  return `${formatNumber(count)} documents were found, parsed, analysed and joined into one graph by capabilities that each ran in an environment and a process of their own. ${lost}`;
}

function documentRow(document: ReportDocument): Markup {
  const { title, path, language, sections, words, readingEase, bytes, contentHash, jobId } = document;
  return html`<tr title="${`${contentHash}${jobId === null ? "" : ` · job ${jobId}`}`}"><td>${title}<small>${path}</small></td><td>${language}</td><td class="number">${sections}</td>
<td class="number">${formatNumber(words)}</td><td class="number">${readingEase === null ? "–" : Math.round(readingEase)}</td><td class="number">${formatBytes(bytes)}</td></tr>`;
}

function failureSection(failures: readonly ReportFailure[]): Markup {
  if (failures.length === 0) return new Markup("");
  return html`<section><h2>Left out</h2><p>Nothing of the others was lost.</p><div class="scroll"><table><thead><tr><th>Step</th><th>Document</th><th>Reason</th></tr></thead>
<tbody>${failures.map(({ step, path, message }) => html`<tr><td>${step}</td><td>${path}</td><td>${message}</td></tr>`)}</tbody></table></div></section>`;
}

function footer({ runId, createdAt, machine }: ReportOptions): Markup {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return html`<footer><p>Made ${createdAt.slice(0, 19).replace("T", " ")} UTC${runId === null ? "" : html` in run <code>${runId}</code>; <code>cjm-ctl logs --journal --run ${runId}</code> accounts for every job.`}</p>
<p>${facts.join(" · ")}</p></footer>`;
}
