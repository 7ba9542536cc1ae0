import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { accentTokens, contrast, readable } from "../src/colour.ts";

const css = readFileSync(fileURLToPath(new URL("../src/tokens.css", import.meta.url)), "utf8");
const values = (block: string) =>
  Object.fromEntries([...block.matchAll(/--sb-([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
const blocks = css.split(/^(?=@media|:root\[data-theme)/m);
const themes = {
  light: values(blocks[0] ?? ""),
  "dark by the system": values(blocks[1] ?? ""),
  dark: values(blocks[2] ?? ""),
};

const grounds = ["bg", "surface", "raised", "sunken", "hover"];
const text = [
  ...grounds.flatMap((ground) => [
    ["text", ground],
    ["text-soft", ground],
  ]),
  ...["bg", "surface", "raised"].flatMap((ground) =>
    ["accent-text", "waiting", "overdue", "connected", "assistant"].map((tone) => [tone, ground]),
  ),
  ...["accent", "waiting", "overdue", "connected", "assistant"].flatMap((tone) => [
    [tone === "accent" ? "accent-text" : tone, `${tone}-soft`],
    ["text", `${tone}-soft`],
  ]),
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-danger", "danger-fill"],
];
const controls = [
  ...["bg", "surface", "raised"].flatMap((ground) =>
    ["control", "accent", "waiting-mark", "overdue-mark", "connected-mark", "assistant-mark"].map((mark) => [
      mark,
      ground,
    ]),
  ),
];

describe.each(Object.entries(themes))("In the theme %s", (_, theme) => {
  it.each(text)("%s reads on %s", (one, ground) => {
    expect(contrast(theme[`${one}`] ?? "", theme[`${ground}`] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
  it.each(controls)("%s stands out from %s", (one, ground) => {
    expect(contrast(theme[`${one}`] ?? "", theme[`${ground}`] ?? "")).toBeGreaterThanOrEqual(3);
  });
});

it("The two ways to be dark have the same colours", () => {
  expect(themes["dark by the system"]).toEqual(themes.dark);
  expect(Object.keys(themes.dark)).toHaveLength(Object.keys(themes.light).length);
});

describe("An accent", () => {
  const accents = [
    "#ffd400",
    "#ffffff",
    "#000000",
    "#808080",
    "#777777",
    "#2457d6",
    "#e5484d",
    "#0f0",
    "#00A884",
    "ff69b4",
  ];
  for (const dark of [false, true]) {
    it.each(accents)(`%s is corrected until text reads on it, ${dark ? "dark" : "light"}`, (accent) => {
      const tokens = accentTokens(accent, dark);
      const surface = dark ? "#1a1e26" : "#ffffff";
      const of = (name: string) => tokens[`--sb-${name}`] ?? "";
      expect(contrast(of("on-accent"), of("accent"))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of("on-accent"), of("accent-hover"))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of("accent-text"), surface)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of("accent-text"), of("accent-soft"))).toBeGreaterThanOrEqual(4.5);
      const edge = of("accent-edge") === "transparent" ? of("accent") : of("accent-edge");
      expect(contrast(edge, surface)).toBeGreaterThanOrEqual(3);
    });
  }
  it("that is no colour changes nothing", () => {
    expect(accentTokens("red;}body{display:none", false)).toEqual({});
    expect(accentTokens("", true)).toEqual({});
  });
  it("that reads already stays as it is", () => {
    expect(accentTokens("#2457d6", false)["--sb-accent"]).toBe("#2457d6");
    expect(readable("#2457d6", "#ffffff")).toBe("#2457d6");
  });
});

it("The initials on every hue read", () => {
  const sheet = readFileSync(fileURLToPath(new URL("../src/components.css", import.meta.url)), "utf8");
  const hues = [...sheet.matchAll(/--hue: (\d+);/g)].map(([, hue]) => Number(hue));
  expect(hues).toHaveLength(12);
  const [, groundS, groundL, textS, textL] =
    /hsl\(var\(--hue\) (\d+)% (\d+)%\);\s*color: hsl\(var\(--hue\) (\d+)% (\d+)%\)/.exec(sheet)?.map(Number) ?? [];
  for (const hue of hues)
    expect(contrast(hsl(hue, textS ?? 0, textL ?? 0), hsl(hue, groundS ?? 0, groundL ?? 0))).toBeGreaterThanOrEqual(
      4.5,
    );
});

function hsl(hue: number, saturation: number, lightness: number): string {
  const light = lightness / 100;
  const reach = (saturation / 100) * Math.min(light, 1 - light);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (light - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `#${[0, 8, 4].map((n) => part(n).toString(16).padStart(2, "0")).join("")}`;
}
