export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

/** One structured log line of a worker. */
export interface DiagnosticsRecord {
  /** Unix milliseconds. */
  readonly occurredAt: number;
  readonly workerSessionId: string | null;
  readonly jobId: string | null;
  readonly level: LogLevel;
  readonly loggerName: string;
  readonly message: string;
  readonly excText: string | null;
}

/** One line of a worker's raw output. */
export interface OutputChunk {
  readonly occurredAt: number;
  readonly workerSessionId: string | null;
  readonly stream: string;
  readonly content: string;
}

export type Stored<T> = T & { readonly seq: number };

export interface DiagnosticsQuery {
  readonly jobId?: string;
  readonly workerSessionId?: string;
  readonly level?: LogLevel;
  readonly afterSeq?: number;
  readonly limit?: number;
  readonly order?: "ascending" | "descending";
}

/** Disposable store of what workers said. What `append…` throws says that rows are lost; the workers go on. */
export interface DiagnosticsStore {
  appendRecords(records: readonly DiagnosticsRecord[]): void;
  appendChunks(chunks: readonly OutputChunk[]): void;
  queryRecords(query: DiagnosticsQuery): readonly Stored<DiagnosticsRecord>[];
  queryChunks(query: Omit<DiagnosticsQuery, "jobId" | "level">): readonly Stored<OutputChunk>[];
}
