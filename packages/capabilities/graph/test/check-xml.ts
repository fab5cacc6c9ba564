import { runProgram } from "@cjm/testing";

/** Asks Python's XML parser, which is strict. `ok`, or what it complains about. */
export async function checkXml(xml: string): Promise<string> {
  const { stdout, stderr } = await runProgram(
    "python3",
    ["-c", "import sys, xml.dom.minidom as d; d.parseString(sys.stdin.buffer.read()); print('ok')"],
    { input: xml },
  );
  return stdout.trim() || stderr.trim();
}
