export { configAt } from "./config-at.ts";
export { ManualClock } from "./manual-clock.ts";
export { MemoryDiagnostics } from "./memory-diagnostics.ts";
export { MemoryJournal } from "./memory-journal.ts";
export { descendants, isRunning, until } from "./processes.ts";
export { Program, type ProgramOptions, type ProgramResult, runProgram } from "./program.ts";
export { writeScriptedManifest } from "./scripted-worker/scripted-manifest.ts";
export { skip } from "./skip.ts";
export { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";
