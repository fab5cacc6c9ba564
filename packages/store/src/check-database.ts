import { errorMessage } from "@cjm/core";
import Database from "better-sqlite3";

const MOST_FAULTS = 5;

/**
 * What SQLite finds wrong with a database file by its quick check: the form of every page, not whether indexes agree with tables.
 * Empty: nothing. It changes nothing, and takes time with the size of the file.
 */
export function databaseFaults(path: string): readonly string[] {
  let database: Database.Database | null = null;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
    const found = database.pragma(`quick_check(${MOST_FAULTS})`) as readonly { readonly quick_check: string }[];
    return found.map(({ quick_check }) => quick_check).filter((text) => text !== "ok");
  } catch (error) {
    return [errorMessage(error)];
  } finally {
    database?.close();
  }
}
