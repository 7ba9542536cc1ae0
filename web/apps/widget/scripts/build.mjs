// Builds dist/widget: widget.js (the launcher), panel-HASH.js, a file of words for each language, the standalone page.
// Fails when a part is larger than its limit.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Features, transform } from "lightningcss";
import { rolldown } from "rolldown";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const design = join(here, "../../packages/design/src");
const out = join(here, "../../dist/widget");
/** Promised, bytes of gzip. */
const LAUNCHER = 5 * 1024;
const GOAL = 25 * 1024;
/** The whole is above its goal; from where it stands it may only shrink; the room is for repairs. */
const WHOLE = 32_500;
const languages = ["en", "de", "es", "ar"];

const words = (language) => ({
  ...JSON.parse(readFileSync(join(design, `words/${language}.json`), "utf8")),
  ...JSON.parse(readFileSync(join(here, `src/words/${language}.json`), "utf8")),
});
const css = (...files) => files.map((file) => readFileSync(file, "utf8")).join("\n");
const size = (bytes) => gzipSync(bytes, { level: 9 }).length;
const hashed = (name, text) => `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 7)}0.js`;
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
    .replace(/^:root,\s*(?=:host)/gm, "")
    .replaceAll(':root[data-theme="dark"],', "")
    .replace(/^ {2}:root,\s*(?=:host)/gm, "")
    .replace(/^(body|h1) \{[^}]*\}/gm, "")
    .replace(/^ {2}(--sb-[\w-]+):[^;]+;\n/gm, (line, name) => (fixed.has(name) ? "" : line))
    .replace(/var\((--sb-[\w-]+)\)/g, (whole, name) => fixed.get(name) ?? whole);

/** Classes of what the parts can do and the widget does not let them. */
const NEVER = /^sb-(danger|dangerous|up|at-start|hint)$/;

/** Rules whose classes are in `code`, without the spaces. A class that is put together counts by its beginning. */
function styles(raw, code) {
  const text = settled(raw);
  const named = (name) =>
    code.includes(name)
      ? !NEVER.test(name)
      : /^sb-(hue|mark)-|^sb-tone-(waiting|overdue)$|^sb-size-(24|40)$/.test(name) ||
        /^sb-(on|away|off|me|them|assistant|primary|secondary|plain)$/.test(name);
  const unused =
    code === null
      ? []
      : [...new Set([...text.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name))].filter(
          (name) => /^s[bw]-/.test(name) && !named(name),
        );
  const { code: bytes } = transform({
    filename: "a.css",
    code: Buffer.from(text),
    minify: true,
    targets,
    exclude: Features.LightDark,
    unusedSymbols: unused,
  });
  return bytes.toString();
}

/** What stands in Preact's place: the part of it that is used here. */
const own = join(here, "src/draw.ts");

/**
 * Names of properties are shortened, all but those that somebody else knows too: the browser, the server, the launcher
 * and the panel of each other, what is kept in this browser or said to other tabs, and what is looked up by a text.
 */
const foreign = [
  ...["lib.dom", "lib.dom.iterable", "lib.es5", "lib.es2015.core", "lib.es2015.collection", "lib.es2015.promise"],
  ...[
    "lib.es2015.iterable",
    "lib.es2016.array.include",
    "lib.es2017.object",
    "lib.es2017.string",
    "lib.es2018.promise",
  ],
  ...["lib.es2018.intl", "lib.es2019.array", "lib.es2019.object", "lib.es2019.string", "lib.es2020.string"],
  ...["lib.es2020.intl", "lib.es2020.bigint", "lib.es2021.string", "lib.es2021.intl", "lib.es2022.array"],
  ...["lib.es2022.error", "lib.es2022.object", "lib.es2022.intl"],
].map((name) => join(here, `../../node_modules/typescript/lib/${name}.d.ts`));
const known = [
  ...[...foreign, ...["protocol.generated", "rest"].map((name) => join(here, `../../packages/client/src/${name}.ts`))],
  join(here, "src/shapes.ts"),
].flatMap((file) => readFileSync(file, "utf8").match(/\b[a-z]\w+\b/g) ?? []);
const kept =
  "kind from to frame state detail connected token retryAt attempts error code message retryable retryAfterMs details " +
  "status requestId name clientId owner order conversation data at failed endsAt count position low when email page sub " +
  "user_id class for key ref children style value queued stored delivered read enterkeyhint focusable default steal";
const reserved = [...new Set([...known, ...kept.split(" ")])];

async function bundle(entry, format) {
  const made = await rolldown({
    input: join(here, entry),
    logLevel: "warn",
    platform: "browser",
    tsconfig: false,
    resolve: { alias: Object.fromEntries(["preact", "preact/hooks", "preact/jsx-runtime"].map((name) => [name, own])) },
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
        "typeof AudioContext": '"function"',
      },
      target: "es2022",
      jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
      inject: { h: [own, "h"], Fragment: [own, "Fragment"] },
    },
  });
  const { output } = await made.generate({
    format,
    minify: {
      compress: { maxIterations: 8 },
      mangle: true,
      codegen: true,
      mangleProps: { include: /^[a-z]\w\w/, exclude: /^on[A-Z]/, reserved },
    },
  });
  // Marks for bundlers; there is none after this one.
  return output[0].code.replace(/(\b)\/\* @__PURE__ \*\/ /g, " ").replaceAll("/* @__PURE__ */ ", "");
}

/** Custom properties that nobody reads go; the others are called by a letter or two, the same in all `texts`. */
function shortened(texts) {
  const all = texts.join("");
  const count = {};
  for (const [name] of all.matchAll(/--(?:s[bw]-|tone|hue|dot)[\w-]*/g)) count[name] = (count[name] ?? 0) + 1;
  const names = Object.keys(count)
    .filter((name) => all.includes(`var(${name})`) || all.includes(`var(${name},`))
    .sort((a, b) => count[b] - count[a] || (a < b ? -1 : 1));
  const letter = (index) =>
    (index < 26 ? "" : letter(Math.floor(index / 26) - 1)) + "abcdefghijklmnopqrstuvwxyz"[index % 26];
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

let panel = await bundle("src/panel.tsx", "es");

/** Words that the panel asks for, in a list: their keys are left out, a number made of their letters says their place. */
const keys = [...new Set(languages.flatMap((one) => Object.keys(words(one))))]
  .filter((key) => panel.includes(key.replace(/_\w+$|\.\w+$/, "")))
  .sort();
const stems = [...new Set(keys.filter((key) => /_/.test(key)).map((key) => key.replace(/_\w+$/, "")))];
const asked = stems.flatMap((key) => ["zero", "one", "two", "few", "many", "other"].map((form) => `${key}_${form}`));
const placeOf = (key, step, places) =>
  [...key].reduce((sum, letter) => (sum * step + letter.charCodeAt(0)) % 65_521, 0) % places;
/** No two words in one place, and nothing at the place of a plural that a language does not have. */
function apart(step, places) {
  const taken = new Map();
  for (const key of keys) {
    const place = placeOf(key, step, places);
    if (taken.has(place)) return null;
    taken.set(place, key);
  }
  const free = asked.every((key) => (taken.get(placeOf(key, step, places)) ?? key) === key);
  return free ? taken : null;
}
let [step, places] = [2, keys.length * 4];
let taken = apart(step, places);
while (!taken) {
  step += 1;
  if (step > 60_000) [step, places] = [2, places + 8];
  taken = apart(step, places);
}
const files = {};
for (const language of languages) {
  const all = words(language);
  const list = Array.from({ length: Math.max(...taken.keys()) + 1 }, (_, place) => all[taken.get(place)] ?? 0);
  const text = `export default ${JSON.stringify(list).replace(/(?<=[[,])0(?=[,\]])/g, "")};\n`;
  files[language] = { name: hashed(`words-${language}`, text), text };
  put(files[language].name, text);
}
panel = panel.replace(/\bWORD_STEP\b/, String(step)).replace(/\bWORD_PLACES\b/, String(places));

const sheet = styles(
  css(
    ...["base", "components", "conversation"].map((name) => join(design, `${name}.css`)),
    join(here, "src/panel.css"),
  ),
  panel,
);
if (process.env.SHEET) writeFileSync(process.env.SHEET, sheet);
panel = panel.replace(/\bPANEL_CSS\b/, () => JSON.stringify(sheet));
const names = JSON.stringify(Object.fromEntries(languages.map((one) => [one, `./${files[one].name}`])));
panel = panel.replace(/\bWORD_FILES\b/, () => names);
if (/PANEL_CSS|WORD_FILES/.test(panel)) throw new Error("the panel was not put together");
let launcher = await bundle("src/launcher.ts", "iife");
const launch = Object.fromEntries(languages.map((one) => [one, [words(one).launch, words(one).close]]));
launcher = launcher
  .replace(/\bLAUNCHER_CSS\b/, () =>
    JSON.stringify(styles(css(join(design, "tokens.css"), join(here, "src/launcher.css")), null)),
  )
  .replaceAll(/\bLAUNCH_WORDS\b/g, "W")
  .replace(/^/, `(()=>{const W=${JSON.stringify(launch)};`)
  .replace(/$/, "})();\n");
[launcher, panel] = shortened([launcher, panel]);
const panelName = hashed("panel", panel);
put(panelName, panel);
launcher = launcher.replace(/\bPANEL_FILE\b/, () => JSON.stringify(panelName));
put("widget.js", launcher);
put("index.html", readFileSync(join(here, "src/standalone.html"), "utf8"));

const largest = languages.map((one) => size(files[one].text)).sort((a, b) => b - a)[0];
const whole = size(launcher) + size(panel) + largest;
const say = (what, bytes, most) =>
  process.stdout.write(
    `${String(bytes).padStart(7)} bytes gzip${most ? ` of ${most}${bytes > most ? ": TOO MUCH" : ""}` : ""}  ${what}\n`,
  );
say("launcher", size(launcher), LAUNCHER);
say(`panel, of which styles about ${size(sheet)}`, size(panel));
say("words, the largest language", largest);
say("whole widget", whole, WHOLE);
if (whole > GOAL) process.stdout.write(`The goal for the whole is ${GOAL}: it is ${whole - GOAL} above it.\n`);
if (size(launcher) > LAUNCHER || whole > WHOLE) process.exitCode = 1;
