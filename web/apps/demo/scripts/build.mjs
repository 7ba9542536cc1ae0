// Builds dist/demo: the page, its style and its script, both under names that change with their content.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { rolldown } from "rolldown";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const design = join(here, "../../packages/design/src");
const out = join(here, "../../dist/demo");
mkdirSync(join(out, "assets"), { recursive: true });

const read = (...path) => readFileSync(join(...path), "utf8");
const hash = (text) => `${createHash("sha256").update(text).digest("hex").slice(0, 7)}0`;
function put(name, ending, text) {
  const file = `assets/${name}-${hash(text)}.${ending}`;
  writeFileSync(join(out, file), text);
  return `./${file}`;
}

const sheets = [read(design, "tokens.css"), read(design, "base.css"), read(here, "src/demo.css")].join("\n");
const css = transform({ filename: "demo.css", code: Buffer.from(sheets), minify: true }).code.toString();
const made = await rolldown({ input: join(here, "src/demo.ts"), platform: "browser", transform: { target: "es2022" } });
const { output } = await made.generate({ format: "es", minify: true });
const page = read(here, "src/index.html")
  .replace("./demo.css", put("demo", "css", css))
  .replace("./demo.ts", put("demo", "js", output[0].code));
writeFileSync(join(out, "index.html"), page);
writeFileSync(join(out, "favicon.svg"), read(here, "src/favicon.svg"));
