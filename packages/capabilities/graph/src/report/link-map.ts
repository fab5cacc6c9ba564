import { formatNumber, html, Markup } from "./html.ts";
import { type LinkLayout, linkLayout, type MapNode } from "./link-layout.ts";
import { placeNames } from "./place-names.ts";
import type { ReportData } from "./report-data.ts";

const SIZE = { width: 1080, height: 700 };
const COLOURS = 7;
const MAX_NAMES = 70;

/** A map of the documents that link to one another. Every dot leads to its row of the table below, also by keyboard. */
export function linkMap(data: ReportData): Markup {
  const layout = linkLayout(data.documents, data.links, SIZE);
  if (layout.links.length === 0) return html`<p class="empty">No document links to another one.</p>`;
  const byWeight = [...layout.nodes].sort(
    (a, b) => b.incoming - a.incoming || b.outgoing - a.outgoing || (a.document.id < b.document.id ? -1 : 1),
  );
  return html`<div class="map"><svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="group" aria-label="${`Map of ${layout.nodes.length} documents with ${layout.links.length} links between them. The tables below say the same in words.`}">
<g class="links" fill="none">${layout.links.map(arc)}</g>
<g class="nodes">${[...byWeight].reverse().map(dot)}</g>
<g class="names" aria-hidden="true">${placeNames(byWeight, SIZE)
    .slice(0, MAX_NAMES)
    .map(
      ({ node, x, y, anchor }) =>
        html`<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" data-of="${node.document.id}" class="${node.radius > 10 ? "major" : ""}">${node.label}</text>`,
    )}</g></svg></div>
${legend(layout)}`;
}

/** Bent to the right of its direction: links there and back can be told apart. */
function arc({ from, to }: LinkLayout["links"][number]): Markup {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend = 0.12;
  const control = `${at((from.x + to.x) / 2 - dy * bend)} ${at((from.y + to.y) / 2 + dx * bend)}`;
  const colour = from.community === to.community ? colourOf(to) : "cx";
  return html`<path class="${colour}" data-from="${from.document.id}" data-to="${to.document.id}" d="${`M${at(from.x)} ${at(from.y)}Q${control} ${at(to.x)} ${at(to.y)}`}"/>`;
}

function dot(node: MapNode): Markup {
  const said = `${node.label}: linked from ${formatNumber(node.incoming)}, links to ${formatNumber(node.outgoing)}`;
  return html`<a href="${`#${node.document.id}`}" data-id="${node.document.id}" aria-label="${said}"><circle class="${colourOf(node)}" cx="${at(node.x)}" cy="${at(node.y)}" r="${at(node.radius)}"><title>${`${said}\n${node.document.path}`}</title></circle></a>`;
}

/** A community goes by the name of its most linked document. */
function legend({ nodes }: LinkLayout): Markup {
  const groups = new Map<number, MapNode[]>();
  for (const node of nodes) groups.set(node.community, [...(groups.get(node.community) ?? []), node]);
  const entries = [...groups]
    .sort(([a], [b]) => a - b)
    .slice(0, COLOURS)
    .map(([, members]) => {
      const head = members.reduce((best, node) => (node.incoming > best.incoming ? node : best));
      return html`<li><i class="${colourOf(head)}"></i>around ${head.label} <span>${members.length}</span></li>`;
    });
  const others = groups.size - entries.length;
  return html`<ul class="legend">${entries}${others > 0 ? html`<li><i class="cx"></i>${others === 1 ? "one smaller group" : `${others} smaller groups`}</li>` : new Markup("")}</ul>`;
}

function colourOf({ community }: MapNode): string {
  return community < COLOURS ? `c${community}` : "cx";
}

function at(value: number): string {
  return value.toFixed(1);
}

/** One line above the map that says what it leaves out. */
export function linkMapCaption(data: ReportData): string {
  const inner = data.links.filter(({ kind }) => kind === "links_to").length;
  return `${formatNumber(inner)} links lead from one document to another, ${formatNumber(data.links.length - inner)} to ${formatNumber(data.sites)} sites. The larger a dot, the more documents lead to it; colours are groups that link among themselves.`;
}
