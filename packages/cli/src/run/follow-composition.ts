import { isTerminalNodeState } from "@cjm/core";
import type { Terminal } from "../terminal/terminal.ts";
import type { CompositionHandle } from "./composition-handle.ts";
import { nodeLine, nodeLines } from "./node-line.ts";

/** Shows on stderr how a composition is getting on, until it is over: in place on a terminal, else a line as each node ends. */
export async function followComposition(handle: CompositionHandle, terminal: Terminal): Promise<void> {
  const colors = terminal.noteColors;
  const shown = new Set<string>();
  const width = Math.max(...handle.outcome().nodes.map(({ id }) => id.length));
  const showEnded = (): void => {
    for (const node of handle.outcome().nodes) {
      if (shown.has(node.id) || !isTerminalNodeState(node.state)) continue;
      shown.add(node.id);
      terminal.note(nodeLine(node, Date.now(), colors, width));
    }
  };
  terminal.live?.start(() => nodeLines(handle.outcome().nodes, Date.now(), colors));
  try {
    for await (const { eventType } of handle.events()) {
      if (terminal.live === null && eventType === "composition_node_changed") showEnded();
    }
    if (terminal.live === null) showEnded();
  } finally {
    terminal.live?.stop();
  }
}
