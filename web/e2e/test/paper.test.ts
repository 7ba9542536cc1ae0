import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** A text without the spaces at the beginnings of its lines. */
const bare = (text: string) => text.replace(/^ +/gm, "").trim();

test("the code in docs/protocol.md that names a file is in it", () => {
  const shown = [...read("docs/protocol.md").matchAll(/<!-- code: (\S+) -->\n+```ts\n([\s\S]*?)```/g)];
  expect(shown.map(([, path]) => path)).toEqual(["web/e2e/src/chatclient.ts", "web/e2e/src/messagingclient.ts"]);
  for (const [, path = "", code = ""] of shown) expect(bare(read(path))).toContain(bare(code));
});
