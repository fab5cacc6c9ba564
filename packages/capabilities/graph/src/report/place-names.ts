export interface Named {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface PlacedName<Node extends Named> {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const [CHARACTER_WIDTH, LINE_HEIGHT, GAP] = [6.4, 13, 5];

/** Names of the nodes that come first, each where it covers no dot, no other name and no edge of the picture, or left out. */
export function placeNames<Node extends Named>(
  nodes: readonly Node[],
  size: { readonly width: number; readonly height: number },
): PlacedName<Node>[] {
  const dots = nodes.map(({ x, y, radius }) => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }));
  const taken: Box[] = [];
  return nodes.flatMap((node, index) => {
    for (const { name, box } of candidates(node)) {
      const isInside = box.left >= 0 && box.right <= size.width && box.top >= 0 && box.bottom <= size.height;
      if (!isInside || taken.some((other) => overlap(box, other))) continue;
      if (dots.some((dot, other) => other !== index && overlap(box, dot))) continue;
      taken.push(box);
      return [name];
    }
    return [];
  });
}

function candidates<Node extends Named>(node: Node): { readonly name: PlacedName<Node>; readonly box: Box }[] {
  const { x, y, radius, label } = node;
  const width = label.length * CHARACTER_WIDTH;
  const at = (nameX: number, baseline: number, anchor: PlacedName<Node>["anchor"]) => {
    const left = anchor === "start" ? nameX : anchor === "end" ? nameX - width : nameX - width / 2;
    return {
      name: { node, x: nameX, y: baseline, anchor },
      box: { left, right: left + width, top: baseline - LINE_HEIGHT + 3, bottom: baseline + 3 },
    };
  };
  return [
    at(x, y - radius - GAP, "middle"),
    at(x, y + radius + GAP + 9, "middle"),
    at(x + radius + GAP, y + 4, "start"),
    at(x - radius - GAP, y + 4, "end"),
  ];
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}
