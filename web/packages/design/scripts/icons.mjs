// Writes src/icons.tsx from Lucide (ISC): only the icons named here, each as one path.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const names = [
  "send",
  "x",
  "check",
  "check-check",
  "clock",
  "chevron-down",
  "chevron-left",
  "chevron-right",
  "chevron-up",
  "ellipsis",
  "ellipsis-vertical",
  "message-circle",
  "messages-square",
  "sparkles",
  "user-round",
  "users-round",
  "headset",
  "smile",
  "paperclip",
  "arrow-down",
  "arrow-left",
  "arrow-right",
  "wifi-off",
  "circle-alert",
  "triangle-alert",
  "info",
  "download",
  "rotate-ccw",
  "bell",
  "bell-off",
  "volume-2",
  "volume-x",
  "search",
  "settings",
  "log-out",
  "plus",
  "minus",
  "trash-2",
  "pencil",
  "circle-check",
  "circle-help",
  "external-link",
  "link",
  "mail",
  "moon",
  "sun",
  "globe",
  "copy",
  "history",
  "keyboard",
  "layout-dashboard",
  "list",
  "inbox",
  "hourglass",
  "timer",
  "calendar",
  "calendar-off",
  "user-plus",
  "user-check",
  "user-x",
  "arrow-right-left",
  "corner-up-left",
  "sticky-note",
  "zap",
  "star",
  "flag",
  "eye",
  "eye-off",
  "funnel",
  "chart-column",
  "chart-line",
  "table",
  "key-round",
  "bot",
  "megaphone",
  "scroll-text",
  "shield-check",
  "palette",
  "phone-off",
  "circle-dot",
  "circle-x",
  "circle-pause",
  "grip-vertical",
  "panel-right",
  "menu",
  "image",
  "file-text",
  "file",
  "ban",
  "power",
  "save",
  "refresh-cw",
  "maximize-2",
  "minimize-2",
  "shopping-bag",
  "truck",
  "at-sign",
  "hand",
  "play",
];
/** Icons that point along the reading direction and so turn with it. */
const turning = new Set([
  "send",
  "chevron-left",
  "chevron-right",
  "arrow-left",
  "arrow-right",
  "log-out",
  "corner-up-left",
  "external-link",
  "list",
]);

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(dirname(createRequire(import.meta.url).resolve("lucide-static/package.json")), "icons");
const number = "-?(?:\\d+\\.?\\d*|\\.\\d+)";
const start = new RegExp(`^[mM]\\s*(${number})[\\s,]*(${number})\\s*`);

function absolute(d) {
  const relative = d.startsWith("m");
  const [whole, x, y] = start.exec(d);
  const rest = d.slice(whole.length);
  return `M${x} ${y}${/^[-.\d]/.test(rest) ? (relative ? "l" : "L") : ""}${rest}`;
}

function path(tag, a) {
  const n = (name) => Number(a[name] ?? 0);
  const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  if (tag === "path") return absolute(a.d);
  if (tag === "circle") return circle(n("cx"), n("cy"), n("r"));
  if (tag === "line") return `M${n("x1")} ${n("y1")}L${n("x2")} ${n("y2")}`;
  if (tag === "polyline" || tag === "polygon") return `M${a.points}${tag === "polygon" ? "z" : ""}`;
  if (tag === "rect") {
    const [x, y, w, h, r] = [n("x"), n("y"), n("width"), n("height"), n("rx")];
    return `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${2 * r - w}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - h}a${r} ${r} 0 0 1 ${r} ${-r}z`;
  }
  throw new Error(`an icon has a ${tag}`);
}

const lines = names.map((name) => {
  const svg = readFileSync(join(folder, `${name}.svg`), "utf8").replace(/<svg[^>]*>/, "");
  const d = [...svg.matchAll(/<(path|circle|line|polyline|polygon|rect)\s([^>]*?)\/?>/g)]
    .map(([, tag, rest]) =>
      path(tag, Object.fromEntries([...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, k, v]) => [k, v]))),
    )
    .join("");
  const id = name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase());
  return `export const ${id}Icon = /* @__PURE__ */ icon(\n  ${JSON.stringify(d)},${turning.has(name) ? "\n  true," : ""}\n);`;
});

writeFileSync(
  join(here, "../src/icons.tsx"),
  `/*
 * Icons of Lucide (https://lucide.dev), ISC licence, copyright (c) Lucide Contributors; some from Feather, MIT,
 * copyright (c) 2013-2022 Cole Bemis. Written by scripts/icons.mjs: add a name there and run \`npm run icons\`.
 */
import { icon } from "./icon.tsx";

${lines.join("\n")}
`,
);
process.stdout.write(`${names.length} icons\n`);
