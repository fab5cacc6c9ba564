import { CjmError, describeIssues, effectiveManifest, errorMessage, type Manifest, ManifestSchema } from "@cjm/core";

const NEEDED = ["name", "version", "description", "module", "class"] as const;

/** Reads the text of a manifest. @throws CjmError CJM_MANIFEST_INVALID with every fault in `details.faults` */
export function checkManifest(text: string, path: string): Manifest {
  const invalid = (faults: readonly string[]): CjmError =>
    new CjmError(
      "CJM_MANIFEST_INVALID",
      `The manifest ${path} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
      { hint: "Correct it, or install its capability again: 'cjm-ctl install-all'.", details: { path, faults } },
    );
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid([`it is no JSON: ${errorMessage(error)}`]);
  }
  const parsed = ManifestSchema.safeParse(document);
  if (!parsed.success) throw invalid(describeIssues(parsed.error));
  const { code, install } = parsed.data;
  const empty = [
    ...NEEDED.filter((field) => code[field] === "").map((field) => `code.${field}: must not be empty`),
    ...(install.python_path === "" ? ["install.python_path: must name the interpreter of the environment"] : []),
  ];
  if (empty.length > 0) throw invalid(empty);
  effectiveManifest(parsed.data);
  return parsed.data;
}
