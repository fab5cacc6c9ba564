export { configAt } from "./config-at.ts";
export { ManualClock } from "./manual-clock.ts";
export { descendants, isRunning, until } from "./processes.ts";
export { Program, type ProgramOptions, type ProgramResult, runProgram } from "./program.ts";
export { skip } from "./skip.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
