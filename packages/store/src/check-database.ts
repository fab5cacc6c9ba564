import { errorMessage, systemErrorCode } from "@cjm/core";
import Database from "better-sqlite3";

const MOST_FAULTS = 5;

/**
 * What SQLite finds wrong with a database file by its quick check: the form of every page, not whether indexes agree with tables.
 * Empty: nothing. It changes nothing, but that it takes back what a process had half written when it died, as every use of the
 * file does. Takes time with the size of the file.
 */
export function databaseFaults(path: string): readonly string[] {
  try {
    return quickCheck(path, { readonly: true });
  } catch (error) {
    if (systemErrorCode(error) !== "SQLITE_READONLY_ROLLBACK") return [errorMessage(error)];
  }
  try {
    return quickCheck(path, { readonly: false });
  } catch (error) {
    return [errorMessage(error)];
  }
}

function quickCheck(path: string, options: { readonly readonly: boolean }): readonly string[] {
  const database = new Database(path, { ...options, fileMustExist: true });
  try {
    const found = database.pragma(`quick_check(${MOST_FAULTS})`) as readonly { readonly quick_check: string }[];
    return found.map(({ quick_check }) => quick_check).filter((text) => text !== "ok");
  } finally {
    database.close();
  }
}
