import { basename, dirname, extname } from "node:path";
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
import { communities } from "./communities.ts";
import type { ReportDocument, ReportLink } from "./report-data.ts";

const MAX_DOCUMENTS = 120;

export interface MapNode extends SimulationNodeDatum {
  readonly document: ReportDocument;
  readonly label: string;
  /** Links from other documents of the map. */
  readonly incoming: number;
  readonly outgoing: number;
  readonly radius: number;
  /** Number of its community, the largest first. */
  readonly community: number;
  x: number;
  y: number;
}

export interface LinkLayout {
  readonly nodes: readonly MapNode[];
  readonly links: readonly { readonly from: MapNode; readonly to: MapNode }[];
}

/** The best connected documents, placed in a rectangle so that linked ones are near. The same data give the same places. */
export function linkLayout(
  documents: readonly ReportDocument[],
  links: readonly ReportLink[],
  size: { readonly width: number; readonly height: number },
): LinkLayout {
  const inner = mostConnected(links.filter(({ kind }) => kind === "links_to"));
  const incoming = countBy(inner, ({ target }) => target);
  const outgoing = countBy(inner, ({ source }) => source);
  const communityOf = communities(inner);
  const nodes = documents
    .filter(({ id }) => communityOf.has(id))
    .map((document): MapNode => {
      const [into, out] = [incoming.get(document.id) ?? 0, outgoing.get(document.id) ?? 0];
      return {
        document,
        label: labelOf(document),
        incoming: into,
        outgoing: out,
        radius: Math.min(20, 4 + Math.sqrt(into) * 2.6 + Math.sqrt(out) * 0.5),
        community: communityOf.get(document.id) ?? 0,
        x: Number.NaN,
        y: Number.NaN,
      };
    });
  const byId = new Map(nodes.map((node) => [node.document.id, node]));
  const drawn = inner.flatMap(({ source, target }) => {
    const [from, to] = [byId.get(source), byId.get(target)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  simulate(nodes, drawn, size);
  return { nodes, links: drawn };
}

function mostConnected(links: readonly ReportLink[]): readonly ReportLink[] {
  const degree = new Map<string, number>();
  for (const { source, target } of links) for (const id of [source, target]) degree.set(id, (degree.get(id) ?? 0) + 1);
  const kept = new Set(
    [...degree]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, MAX_DOCUMENTS)
      .map(([id]) => id),
  );
  return links.filter(({ source, target }) => kept.has(source) && kept.has(target));
}

function countBy(links: readonly ReportLink[], key: (link: ReportLink) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const link of links) counts.set(key(link), (counts.get(key(link)) ?? 0) + 1);
  return counts;
}

/** A file's own name says nothing when it is one that every folder has; a package's name has its scope, a translation its language. */
export function labelOf({ path }: Pick<ReportDocument, "path">): string {
  const name = basename(path, extname(path));
  const [, common, variant] = /^(readme|index|changelog|history|changes|license)(?:[._-](.+))?$/i.exec(name) ?? [];
  const folder = basename(dirname(path));
  if (common === undefined || folder === "") return name;
  const scope = basename(dirname(dirname(path)));
  return `${scope.startsWith("@") ? `${scope}/` : ""}${folder}${variant === undefined ? "" : ` (${variant})`}`;
}

function simulate(
  nodes: MapNode[],
  links: LinkLayout["links"],
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (nodes.length === 0) return;
  const edges = links.map(({ from, to }): SimulationLinkDatum<MapNode> => ({ source: from, target: to }));
  const isInside = ({ source, target }: SimulationLinkDatum<MapNode>): boolean =>
    (source as MapNode).community === (target as MapNode).community;
  forceSimulation(nodes)
    .force(
      "link",
      forceLink<MapNode, SimulationLinkDatum<MapNode>>(edges)
        .distance((edge) => (isInside(edge) ? 52 : 130))
        .strength((edge) => (isInside(edge) ? 0.4 : 0.06)),
    )
    .force("charge", forceManyBody().strength(-260).distanceMax(420))
    .force("x", forceX(0).strength(0.06))
    .force("y", forceY(0).strength((0.06 * width) / height))
    .force(
      "collide",
      forceCollide<MapNode>((node) => node.radius + 12),
    )
    .stop()
    .tick(400);
  fit(nodes, width, height);
}

/** Fills the rectangle in both directions; names need room below the lowest and beside the outermost. */
function fit(nodes: readonly MapNode[], width: number, height: number): void {
  const [marginX, marginY] = [78, 38];
  const [left, right] = [Math.min(...nodes.map(({ x }) => x)), Math.max(...nodes.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...nodes.map(({ y }) => y)), Math.max(...nodes.map(({ y }) => y))];
  const scaleX = (width - 2 * marginX) / Math.max(160, right - left);
  const scaleY = (height - 2 * marginY) / Math.max(120, bottom - top);
  for (const node of nodes) {
    node.x = width / 2 + (node.x - (left + right) / 2) * Math.min(scaleX, scaleY * 1.35);
    node.y = height / 2 + (node.y - (top + bottom) / 2) * Math.min(scaleY, scaleX * 1.35);
  }
}
