import { expect, test } from "vitest";
import { downloadBar, sizeText } from "../../src/install/size-text.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [150 * 1024, "150 KiB"],
  [6.8 * 1024 * 1024, "6.8 MiB"],
  [2 ** 52, "4096 TiB"],
])("%d bytes", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test.each([
  [{ receivedBytes: 0, totalBytes: 1024 }, "[........................]   0 %  0 B of 1.0 KiB"],
  [{ receivedBytes: 512, totalBytes: 1024 }, "[############............]  50 %  512 B of 1.0 KiB"],
  [{ receivedBytes: 1024, totalBytes: 1024 }, "[########################] 100 %  1.0 KiB of 1.0 KiB"],
  [{ receivedBytes: 2048, totalBytes: null }, "2.0 KiB"],
])("a download at %j", (progress, text) => {
  expect(downloadBar(progress)).toBe(text);
});
