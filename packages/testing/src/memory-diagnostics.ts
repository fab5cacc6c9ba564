import type { DiagnosticsRecord, DiagnosticsStore, OutputChunk, Stored } from "@cjm/core";

/** A diagnostics store that remembers what workers said and filters nothing. */
export class MemoryDiagnostics implements DiagnosticsStore {
  readonly records: DiagnosticsRecord[] = [];
  readonly chunks: OutputChunk[] = [];

  appendRecords(records: readonly DiagnosticsRecord[]): void {
    for (const record of records) this.records.push(record);
  }

  appendChunks(chunks: readonly OutputChunk[]): void {
    for (const chunk of chunks) this.chunks.push(chunk);
  }

  queryRecords(): Stored<DiagnosticsRecord>[] {
    return this.records.map((record, index) => ({ ...record, seq: index + 1 }));
  }

  queryChunks(): Stored<OutputChunk>[] {
    return this.chunks.map((chunk, index) => ({ ...chunk, seq: index + 1 }));
  }
}
