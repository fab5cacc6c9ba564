import { languageChart, siteChart, termChart } from "./bar-charts.ts";
import { readabilityChart, sizeChart } from "./column-charts.ts";
import { formatBytes, formatNumber, html, Markup } from "./html.ts";
import { linkMap, linkMapCaption } from "./link-map.ts";
import type { ReportData, ReportDocument } from "./report-data.ts";
import { REPORT_SCRIPT } from "./report-script.ts";
import { REPORT_STYLE } from "./report-style.ts";

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
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title}</title><style>${new Markup(REPORT_STYLE)}</style></head>
<body><main>
<header><p class="kicker">cjm · document graph</p><h1>${options.title}</h1>
<p>${introduction(documents.length, options)}</p></header>
${figures(data, options.failures.length)}
${failureSection(options.failures)}
<section><h2>How they link</h2><p>${linkMapCaption(data)}</p>${linkMap(data)}</section>
<div class="pair"><section><h2>What they are about</h2><p>Terms by the number of documents that keep coming back to them, and how often they occur.</p>${termChart(data.topTerms.slice(0, 16))}</section>
<section><h2>Where they point</h2><p>Sites by the number of documents that link to them.</p>${siteChart(data, 16)}</section></div>
<div class="pair"><section><h2>How long they are</h2><p>Documents by the size of their files.</p>${sizeChart(documents)}</section>
<section><h2>How they read</h2><p>Flesch reading ease of the English ones: the further right, the easier.</p>${readabilityChart(documents)}</section></div>
<section><h2>Languages</h2><p>As guessed from the words that stand in them.</p>${languageChart(documents)}</section>
${documentSection(documents)}
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

function figures(data: ReportData, lost: number): Markup {
  const sum = (pick: (document: ReportDocument) => number): number => data.documents.reduce((total, document) => total + pick(document), 0);
  const entries: [string, string][] = [
    ["Documents", formatNumber(data.documents.length)],
    ["Sections", formatNumber(data.sections)],
    ["Terms", formatNumber(data.distinctTerms)],
    ["Links", formatNumber(data.links.length)],
    ["Words", formatNumber(sum(({ words }) => words))],
    ["Read", formatBytes(sum(({ bytes }) => bytes))],
  ];
  return html`<dl class="figures">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}${
    lost === 0 ? new Markup("") : html`<div class="lost"><dt>Left out</dt><dd>${formatNumber(lost)}</dd></div>`
  }</dl>`;
}

function documentSection(documents: readonly ReportDocument[]): Markup {
  const folder = commonFolder(documents.map(({ path }) => path));
  const heads = ["Document", "Language", "Sections", "Words", "Ease", "Size"];
  return html`<section><h2>Documents</h2><p><span id="shown" role="status">${`${documents.length} of ${documents.length}`}</span>${folder === "" ? "" : html`, below <code>${folder}</code>`}</p>
<input type="search" placeholder="Filter by title, path or language" aria-label="Filter documents">
<div class="scroll" tabindex="0" role="region" aria-label="Documents"><table id="documents"><thead><tr>${heads.map((head, index) => html`<th class="${index < 2 ? "" : "number"}" scope="col"><button>${head}</button></th>`)}</tr></thead>
<tbody>${documents.map((document) => documentRow(document, folder))}</tbody></table></div></section>`;
}

function documentRow(
  { id, title, path, language, sections, words, readingEase, bytes, contentHash, jobId }: ReportDocument,
  folder: string,
): Markup {
  const origin = `${contentHash}${jobId === null ? "" : ` · job ${jobId}`}`;
  return html`<tr id="${id}"><td title="${origin}">${title}<small>${path.slice(folder.length)}</small></td><td>${language}</td><td class="number" data-value="${sections}">${formatNumber(sections)}</td>
<td class="number" data-value="${words}">${formatNumber(words)}</td><td class="number" data-value="${readingEase ?? -1000}">${readingEase === null ? "–" : Math.round(readingEase)}</td><td class="number" data-value="${bytes}">${formatBytes(bytes)}</td></tr>`;
}

/** With its last slash; empty for fewer than two paths. */
function commonFolder(paths: readonly string[]): string {
  const [first = "", ...others] = paths;
  if (others.length === 0) return "";
  let length = first.length;
  for (const path of others) while (!path.startsWith(first.slice(0, length))) length--;
  return first.slice(0, first.lastIndexOf("/", length - 1) + 1);
}

function failureSection(failures: readonly ReportFailure[]): Markup {
  if (failures.length === 0) return new Markup("");
  return html`<section class="lost-list"><h2>Left out</h2><p>Each with the step and the reason. Nothing of the others was lost.</p><div class="scroll" tabindex="0" role="region" aria-label="Left out"><table><thead><tr><th>Step</th><th>Document</th><th>Reason</th></tr></thead>
<tbody>${failures.map(({ step, path, message }) => html`<tr><td>${step}</td><td><code>${path}</code></td><td>${message}</td></tr>`)}</tbody></table></div></section>`;
}

function footer({ runId, createdAt, machine }: ReportOptions): Markup {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return html`<footer><p>Made ${createdAt.slice(0, 19).replace("T", " ")} UTC${runId === null ? "" : html` in run <code>${runId}</code>; <code>cjm-ctl logs --journal --run ${runId}</code> accounts for every job.`}</p>
<p>${facts.join(" · ")}</p></footer>`;
}
