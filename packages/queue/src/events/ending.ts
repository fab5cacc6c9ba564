/** What has events and an end: a job, a composition. */
export interface Ending {
  /** It is terminal; its last row may still be on its way. */
  readonly isOver: boolean;
  /** Its last row is on disk, or cannot be. */
  readonly announced: boolean;
  /** Resolves when it is announced; rejects when it ends under another host. */
  readonly ended: Promise<void>;
}
