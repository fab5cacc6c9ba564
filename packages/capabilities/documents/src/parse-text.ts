import { decodeHTML } from "entities";
import type { ParsedText } from "./document.ts";
import { linkTo } from "./link-kind.ts";

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"'`)\]}]{1,2000}/g;

/** Plain text: its first line is the title when it is short, bare web addresses are links, also those copied out of HTML. */
export function parseText(source: string): ParsedText {
  const text = source.replace(/\r\n?/g, "\n").trim();
  const first = text.split("\n", 1)[0]?.trim() ?? "";
  const links = [...text.matchAll(URL_IN_TEXT)]
    .map(([url]) => linkTo(url, decodeHTML(url).replace(/[.,;:!?]+$/, "")))
    .filter((link) => link !== null);
  return {
    title: first !== "" && first.length <= 120 ? first : null,
    sections: text === "" ? [] : [{ id: "s1", level: 0, title: "", text, startLine: 1 }],
    links,
    codeBlocks: [],
    text,
  };
}
