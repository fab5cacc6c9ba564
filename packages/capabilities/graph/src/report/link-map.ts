import { basename, dirname } from "node:path";
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";
import { formatNumber, html, Markup } from "./html.ts";
import type { ReportData, ReportLink } from "./report-data.ts";

const MAX_SITES = 12;
const MAX_DOCUMENTS = 140;
const [WIDTH, HEIGHT] = [960, 620];

interface MapNode extends SimulationNodeDatum {
  readonly id: string;
  readonly kind: "document" | "site";
  readonly label: string;
  readonly detail: string;
  degree: number;
}

/** The best connected documents and sites with the links between them. The layout is computed here, and always the same. */
export function linkMap(data: ReportData): Markup {
  const { nodes, links } = mostConnected(data);
  if (links.length === 0) return html`<p class="empty">No document links to another, or to a site.</p>`;
  layOut(nodes, links);
  const place = new Map(nodes.map((node) => [node.id, node]));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${nodes.length} documents and sites with ${links.length} links between them`}">
<g class="links">${links.map((link) => line(place.get(link.source), place.get(link.target), link))}</g>
<g class="nodes">${[...nodes].sort((a, b) => a.degree - b.degree).map(dot)}</g>
<g class="names">${legible(nodes).map(name)}</g></svg>`;
}

function mostConnected(data: ReportData): { readonly nodes: MapNode[]; readonly links: readonly ReportLink[] } {
  const degree = (links: readonly ReportLink[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const { source, target } of links) for (const id of [source, target]) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  };
  const top = (counts: ReadonlyMap<string, number>, isWanted: (id: string) => boolean, limit: number): Set<string> =>
    new Set(
      [...counts]
        .filter(([id]) => isWanted(id))
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, limit)
        .map(([id]) => id),
    );
  const isSite = (id: string): boolean => id.startsWith("site:");
  const sites = top(degree(data.links), isSite, MAX_SITES);
  const candidates = data.links.filter(({ target }) => !isSite(target) || sites.has(target));
  const documents = top(degree(candidates), (id) => !isSite(id), MAX_DOCUMENTS);
  const links = candidates.filter(({ source, target }) => documents.has(source) && (documents.has(target) || sites.has(target)));
  const facts = new Map(data.documents.map((document) => [document.id, document]));
  const nodes = [...degree(links)].map(([id, count]): MapNode => {
    if (isSite(id))
      return {
        id,
        kind: "site",
        label: id.slice("site:".length),
        detail: `${id.slice("site:".length)}: ${count} documents link here`,
        degree: count,
      };
    const path = facts.get(id)?.path ?? id;
    return { id, kind: "document", label: basename(dirname(path)), detail: `${path}: ${count} links`, degree: count };
  });
  return { nodes, links };
}

function layOut(nodes: MapNode[], links: readonly ReportLink[]): void {
  const edges: SimulationLinkDatum<MapNode>[] = links.map(({ source, target }) => ({ source, target }));
  const simulation = forceSimulation(nodes)
    .force(
      "link",
      forceLink<MapNode, SimulationLinkDatum<MapNode>>(edges)
        .id(({ id }) => id)
        .distance(46)
        .strength(0.35),
    )
    .force("charge", forceManyBody().strength(-90).distanceMax(320))
    .force("x", forceX(0).strength(0.05))
    .force("y", forceY(0).strength(0.08))
    .force(
      "collide",
      forceCollide<MapNode>((node) => radius(node) + 4),
    )
    .stop();
  simulation.tick(300);
  const bounds = (pick: (node: MapNode) => number): [number, number] => [Math.min(...nodes.map(pick)), Math.max(...nodes.map(pick))];
  const [[left, right], [top, bottom]] = [bounds(({ x = 0 }) => x), bounds(({ y = 0 }) => y)];
  const margin = 40;
  const scale = Math.min((WIDTH - 2 * margin) / Math.max(1, right - left), (HEIGHT - 2 * margin) / Math.max(1, bottom - top));
  for (const node of nodes) {
    node.x = WIDTH / 2 + ((node.x ?? 0) - (left + right) / 2) * scale;
    node.y = HEIGHT / 2 + ((node.y ?? 0) - (top + bottom) / 2) * scale;
  }
}

function radius(node: MapNode): number {
  return Math.min(18, 3 + Math.sqrt(node.degree) * (node.kind === "site" ? 1.6 : 1.2));
}

function line(from: MapNode | undefined, to: MapNode | undefined, link: ReportLink): Markup {
  if (from === undefined || to === undefined) return new Markup("");
  return html`<line class="${link.kind === "links_to" ? "inner" : "outer"}" x1="${at(from.x)}" y1="${at(from.y)}" x2="${at(to.x)}" y2="${at(to.y)}"/>`;
}

function dot(node: MapNode): Markup {
  return html`<circle class="${node.kind}" cx="${at(node.x)}" cy="${at(node.y)}" r="${radius(node).toFixed(1)}"><title>${node.detail}</title></circle>`;
}

/** Names of the best connected, as far as no name covers another. */
function legible(nodes: readonly MapNode[]): MapNode[] {
  const placed: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  return [...nodes]
    .sort((a, b) => b.degree - a.degree || (a.id < b.id ? -1 : 1))
    .filter((node) => {
      const half = node.label.length * 3.4 + 4;
      const box = { left: (node.x ?? 0) - half, right: (node.x ?? 0) + half, y: (node.y ?? 0) - radius(node) };
      const isFree = placed.every((other) => box.right < other.left || box.left > other.right || Math.abs(box.y - other.y) > 13);
      if (isFree) placed.push(box);
      return isFree && node.degree > 1;
    });
}

function name(node: MapNode): Markup {
  return html`<text x="${at(node.x)}" y="${at((node.y ?? 0) - radius(node) - 4)}" text-anchor="middle">${node.label}</text>`;
}

function at(value: number | undefined): string {
  return (value ?? 0).toFixed(1);
}

/** One line under the map that says what it leaves out. */
export function linkMapCaption(data: ReportData): string {
  const inner = data.links.filter(({ kind }) => kind === "links_to").length;
  return `${formatNumber(inner)} links lead from one document to another, ${formatNumber(data.links.length - inner)} to ${formatNumber(data.sites)} sites. Shown are the best connected ones.`;
}
