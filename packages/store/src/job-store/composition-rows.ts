import type { StoredComposition, StoredCompositionStatus } from "@cjm/core";
import { jsonText, parse } from "./job-rows.ts";

export const COMPOSITION_COLUMNS = "seq, composition_id, status, cancel_requested, ended_at, instance_ids, composition";

export interface CompositionRow {
  readonly seq: number;
  readonly composition_id: string;
  readonly status: StoredCompositionStatus;
  readonly cancel_requested: number;
  readonly ended_at: number | null;
  readonly instance_ids: string;
  /** What never changes, as JSON. */
  readonly composition: string;
}

type Unchanging = Omit<StoredComposition, "status" | "cancelRequested" | "endedAt" | "instanceIds">;

/** The values of `composition_id, host_id, status, cancel_requested, ended_at, instance_ids, composition`. @throws CjmError CJM_STORE_FAILED */
export function compositionValues(stored: StoredComposition): (hostId: number) => readonly (string | number | null)[] {
  const { status, cancelRequested, endedAt, instanceIds, ...unchanging } = stored;
  const id = stored.compositionId;
  const instances = JSON.stringify(instanceIds);
  const text = jsonText(unchanging, "Composition", id);
  return (hostId) => [id, status === "running" ? hostId : null, status, cancelRequested ? 1 : 0, endedAt, instances, text];
}

/** @throws CjmError CJM_STORE_FAILED */
export function storedComposition(row: CompositionRow): StoredComposition {
  return {
    ...parse<Unchanging>(row.composition, row.composition_id),
    status: row.status,
    cancelRequested: row.cancel_requested !== 0,
    endedAt: row.ended_at,
    instanceIds: parse<readonly string[]>(row.instance_ids, row.composition_id),
  };
}
