// Builds dist/widget: widget.js (the launcher), panel-LANGUAGE-HASH.js for each language, the standalone page. Fails when
// a part is larger than its limit, and when a name that somebody else knows too would be shortened.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Features, transform } from "lightningcss";
import { rolldown } from "rolldown";
import { sentencesOf, slotsOf, translated } from "./sentences.mjs";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const design = join(here, "../../packages/design/src");
const out = join(here, "../../dist/widget");
/** Promised, bytes of gzip. */
const LAUNCHER = 5 * 1024;
const WHOLE = 25_000;
const languages = ["en", "de", "es", "ar"];

const words = (language) => ({
  ...JSON.parse(readFileSync(join(design, `words/${language}.json`), "utf8")),
  ...JSON.parse(readFileSync(join(here, `src/words/${language}.json`), "utf8")),
});
const css = (...files) => files.map((file) => readFileSync(file, "utf8")).join("\n");
const size = (bytes) => gzipSync(bytes, { level: 9 }).length;
const targets = { chrome: 99 << 16, firefox: 101 << 16, safari: (16 << 16) | (4 << 8) };

/** Measures do not change with the theme: their values are put where they are used. */
const tokens = css(join(design, "tokens.css"));
const fixed = new Map(
  [...tokens.slice(0, tokens.indexOf("color-scheme")).matchAll(/(--sb-[\w-]+):\s*([^;]+);/g)]
    .map(([, name, value]) => [name, value])
    .filter(([name]) => !/feedback|panel|font|mono/.test(name)),
);
const settled = (text) =>
  text
    // The launcher says which theme it is, also when that is the system's.
    .replace(/@media \(prefers-color-scheme[\s\S]*?\n}\n/, "")
    .replace(/^ {2}--sb-mono.*\n/m, "")
    // Every browser that is served here knows it.
    .replace(/system-ui, [^;]+(?=;)/, "system-ui, sans-serif")
    .replace(/^:root,\s*(?=:host)/gm, "")
    .replaceAll(':root[data-theme="dark"],', "")
    .replace(/^ {2}:root,\s*(?=:host)/gm, "")
    .replace(/^ {2}(--sb-[\w-]+):[^;]+;\n/gm, (line, name) => (fixed.has(name) ? "" : line))
    .replace(/var\((--sb-[\w-]+)\)/g, (whole, name) => fixed.get(name) ?? whole);

/** a, b, …, z, aa, ab, … */
const letter = (index) =>
  (index < 26 ? "" : letter(Math.floor(index / 26) - 1)) + "abcdefghijklmnopqrstuvwxyz"[index % 26];

const minified = (text) =>
  transform({
    filename: "a.css",
    code: Buffer.from(settled(text)),
    minify: true,
    targets,
    exclude: Features.LightDark,
  }).code.toString();

const texts = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => /\.(ts|mjs)$/.test(name) && !/node_modules|build\.mjs/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
/** Classes keep their names that tests look for, and those that are put together from pieces. */
const named = new Set(
  [
    ...["../../e2e/test", "../../e2e/src", "scripts"]
      .map((folder) => texts(join(here, folder)))
      .join("")
      .matchAll(/(?<!-)\bs[bw]-[a-z][\w-]*/g),
  ].map(([name]) => name),
);
const pieced = /^sb-(mark-|size-|day|new|system|on$|away|off|assistant|me$|them)/;

/** The other classes are called by a letter or two, the same in all `texts`. */
function classless(all) {
  const names = [...new Set(all.join("").match(/(?<!-)\bs[bw]-[a-z][\w-]*/g))]
    .filter((name) => !named.has(name) && !pieced.test(name) && !/-$/.test(name))
    .sort();
  const short = new Map(names.map((name, index) => [name, `${letter(index)}-`]));
  return all.map((text) => text.replace(/(?<!-)\bs[bw]-[a-z][\w-]*/g, (name) => short.get(name) ?? name));
}

/** What stands in Preact's place: the part of it that is used here. */
const own = join(here, "src/draw.ts");

/**
 * Names of properties are shortened, all but those that somebody else knows too: the browser, the server, the launcher
 * and the panel of each other, what is kept in this browser or said to other tabs, and what is looked up by a text.
 */
const members = (file) =>
  [
    ...readFileSync(file, "utf8")
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
      .matchAll(/(?:^|[{;,(|]|readonly|static|get|set|var|function|const)\s*"?([a-zA-Z]\w*)"?\??\s*[:(<]/gm),
  ].map(([, name]) => name);
const libraries = join(here, "../../node_modules/typescript/lib");
const browser = readdirSync(libraries)
  .filter((name) => /^lib\.(dom|dom\.iterable|es5|es20(1[5-9]|2[0-2])\.\w+(\.\w+)?)\.d\.ts$/.test(name))
  .flatMap((name) => members(join(libraries, name)));
const client = join(here, "../../packages/client/src");
/** What goes over the wire: the generated protocol, the REST calls, a chatbot's settings. */
const wire = [...["protocol.generated", "rest"].map((name) => join(client, `${name}.ts`)), join(here, "src/shapes.ts")]
  .flatMap(members)
  .concat(
    "data",
    "type",
    "topic",
    "low",
    "text",
    "email",
    "name",
    "message",
    "p50",
    "p90",
    "sub",
    "user_id",
    "page",
    "sources",
    "title",
    "url",
  );
/** What is kept in this browser, said to other tabs, or looked up by a text. */
const kept =
  "kind from to frame state detail connected token retryAt attempts error code retryable retryAfterMs details status " +
  "requestId clientId owner order conversation at failed endsAt class for key ref children style value queued stored " +
  "delivered read enterkeyhint focusable default steal zero one two few many other authorization mount side chat help spark down";
const slots = languages.flatMap((language) => slotsOf(words(language)));
const reserved = [...new Set([...browser, ...wire, ...kept.split(" "), ...slots])];

/** Everything that `entry` needs as one text; with the sentences of a language where their keys are asked for. */
async function bundle(entry, format, sentences) {
  const made = await rolldown({
    input: join(here, entry),
    logLevel: "warn",
    platform: "browser",
    tsconfig: false,
    resolve: { alias: Object.fromEntries(["preact", "preact/hooks", "preact/jsx-runtime"].map((name) => [name, own])) },
    plugins: [
      {
        name: "sentences",
        transform: (code, id) => (sentences && /\.tsx?$/.test(id) ? { code: translated(code, sentences) } : null),
      },
    ],
    transform: {
      define: {
        VISITOR_ONLY: "true",
        "globalThis.document": "document",
        "globalThis.navigator": "navigator",
        "globalThis.addEventListener": "addEventListener",
        "globalThis.removeEventListener": "removeEventListener",
        "globalThis.location": "location",
        "typeof document": '"object"',
        "typeof navigator": '"object"',
        "typeof ResizeObserver": '"function"',
      },
      target: "es2022",
      typescript: { removeClassFieldsWithoutInitializer: true },
      assumptions: { setPublicClassFields: true },
      jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
      inject: { h: [own, "h"], Fragment: [own, "Fragment"] },
    },
  });
  const write = async (mangleProps) => {
    const minify = { compress: { maxIterations: 8 }, mangle: true, codegen: true, ...mangleProps };
    const { output } = await made.generate({ format, minify });
    // Marks for bundlers; there is none after this one.
    return output[0].code.replace(/(\b)\/\* @__PURE__ \*\/ /g, " ").replaceAll("/* @__PURE__ */ ", "");
  };
  const code = await write({ mangleProps: { include: /^[a-z]\w\w/, exclude: /^on[A-Z]/, reserved } });
  const plain = await write({});
  for (const name of new Set(wire)) {
    const there = (text) => text.match(new RegExp(`(?:[.{,]${name}\\b(?!\\()|\\b${name}:)`, "g"))?.length ?? 0;
    if (there(code) < there(plain)) throw new Error(`${entry}: "${name}" goes over the wire, and would be shortened`);
  }
  if (process.env.SHORTENED) {
    const names = (text) => [...new Set(text.match(/(?<=[.{,?])[a-z]\w\w+\b(?=[^\w`"'(]|\()|\b[a-z]\w\w+(?=:)/g))];
    process.stdout.write(
      `${entry}: ${names(plain)
        .filter((name) => !names(code).includes(name))
        .join(" ")}\n`,
    );
  }
  return code;
}

/** Custom properties that nobody reads go; the others are called by a letter or two, the same in all `texts`. */
function shortened(texts) {
  const all = texts.join("");
  const count = {};
  for (const [name] of all.matchAll(/--(?:s[bw]-|tone|hue|dot)[\w-]*/g)) count[name] = (count[name] ?? 0) + 1;
  const names = Object.keys(count)
    .filter((name) => all.includes(`var(${name})`) || all.includes(`var(${name},`))
    .sort((a, b) => count[b] - count[a] || (a < b ? -1 : 1));
  const short = new Map(names.map((name, index) => [name, `--${letter(index)}`]));
  return texts.map((text) =>
    text
      .replace(/(--sb-[\w-]+):[^;}"]*;?/g, (whole, name) => (short.has(name) ? whole : ""))
      .replace(/--(?:s[bw]-|tone|hue|dot)[\w-]*/g, (name) => short.get(name) ?? name),
  );
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const put = (name, text) => writeFileSync(join(out, name), text);

const panels = [];
for (const language of languages) panels.push(await bundle("src/panel.tsx", "es", sentencesOf(words(language))));
const sheet = minified(readFileSync(join(here, "src/panel.css"), "utf8"));
if (process.env.SHEET) writeFileSync(process.env.SHEET, sheet);
const placed = (text, name, value) => {
  if (!new RegExp(`\\b${name}\\b`).test(text)) throw new Error(`there is no place for ${name}`);
  return text.replace(new RegExp(`\\b${name}\\b`), () => value);
};
const launch = Object.fromEntries(languages.map((one) => [one, [words(one).launch, words(one).close]]));
const launcherSheet = minified(css(join(design, "tokens.css"), join(here, "src/launcher.css")));
const begun = (await bundle("src/launcher.ts", "iife"))
  .replaceAll(/\bLAUNCH_WORDS\b/g, "W")
  .replace(/^/, `(()=>{const W=${JSON.stringify(launch).replace(/"(\w\w)":/g, "$1:")};`)
  .replace(/$/, "})();\n");
const [launching, ...finished] = shortened([
  placed(begun, "LAUNCHER_CSS", JSON.stringify(launcherSheet)),
  ...classless(panels.map((panel) => placed(panel, "PANEL_CSS", JSON.stringify(sheet)))),
]);
// A rule sets it, or the launcher when it knows the theme.
const ruled = [launching, ...finished].join("");
for (const [, name] of ruled.matchAll(/var\((--\w+)/g)) {
  if (!ruled.includes(`${name}:`) && !launching.includes(`\`${name}\``)) throw new Error(`nobody says what ${name} is`);
}
const mark = `-${createHash("sha256").update(finished.join("")).digest("hex").slice(0, 7)}0.js`;
const launcher = placed(launching, "PANEL_FILE", JSON.stringify(mark));
put("widget.js", launcher);
for (const [index, language] of languages.entries()) put(`panel-${language}${mark}`, finished[index]);
put("index.html", readFileSync(join(here, "src/standalone.html"), "utf8"));

const sizes = finished.map(size);
const largest = Math.max(...sizes);
const whole = size(launcher) + largest;
const say = (what, bytes, most) =>
  process.stdout.write(
    `${String(bytes).padStart(7)} bytes gzip${most ? ` of ${most}${bytes > most ? ": TOO MUCH" : ""}` : ""}  ${what}\n`,
  );
// Everything that a visitor's browser loads to open the widget and to use all of it, in one language: the launcher, and
// the panel with its styles, icons, client and sentences. Nothing comes later. Not counted: the answers of the server.
say("launcher (widget.js)", size(launcher), LAUNCHER);
for (const [index, language] of languages.entries()) say(`panel in "${language}", with everything in it`, sizes[index]);
say("styles within the panel, about", size(sheet));
say("whole widget: launcher, and the panel in its largest language", whole, WHOLE);
if (size(launcher) > LAUNCHER || whole > WHOLE) process.exitCode = 1;
