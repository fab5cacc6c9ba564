import type { AdmissionInput } from "../../src/admission/admission-input.ts";
import type { AdmissionScan, scanAdmission } from "../../src/admission/admission-scan.ts";

type Scan = typeof scanAdmission;
type ScanListener = (input: AdmissionInput, scan: AdmissionScan) => void;

let listener: ScanListener = () => {};
let breakage: (scan: Scan) => Scan = (scan) => scan;

/** Calls `next` with every decision of the queue from now on. */
export function listenToScans(next: ScanListener): void {
  listener = next;
}

/** Puts something else in place of the scan, until the returned one is disposed of. */
export function breakScan(broken: (scan: Scan) => Scan): Disposable {
  breakage = broken;
  return { [Symbol.dispose]: () => (breakage = (scan) => scan) };
}

/** The scan, overheard. */
export function overheard(scan: Scan): Scan {
  return (input) => {
    const decided = breakage(scan)(input);
    listener(input, decided);
    return decided;
  };
}
