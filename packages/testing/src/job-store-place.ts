import type { JobStore } from "@cjm/core";

/** A store under test; disposing of it is what its host does when it ends. */
export type OpenJobStore = JobStore & Partial<AsyncDisposable>;

/** One set of jobs, empty at first; disposing of it closes what is still open of it. */
export interface JobStorePlace extends AsyncDisposable {
  /** Of a durable store: another host of the same jobs. Of others it is called once. */
  open(): OpenJobStore;
}
