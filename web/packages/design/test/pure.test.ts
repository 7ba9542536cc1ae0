import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { arrange, type ChatItem } from "../src/arrange.ts";
import { hueOf, initials } from "../src/colour.ts";
import { createTexts, directionOf, pickLanguage } from "../src/i18n.ts";
import { waitSentence } from "../src/show.tsx";
import { linkify, safeHref } from "../src/text.ts";
import { clock, dayOf, waitMinutes } from "../src/time.ts";

const words = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../src/words/${language}.json`, import.meta.url)), "utf8"));
const en = words("en");
const languages = ["en", "de", "es", "ar"];

describe("Foreign text", () => {
  const links = (text: string) => linkify(text).flatMap((piece) => (typeof piece === "string" ? [] : [piece.href]));
  it("becomes a link only for http, https and mail", () => {
    expect(links("see https://a.example/x, http://b.example and me@c.example.")).toEqual([
      "https://a.example/x",
      "http://b.example/",
      "mailto:me@c.example",
    ]);
    for (const bad of [
      "javascript:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc/passwd",
      "//evil.example",
    ]) {
      expect(links(`a ${bad} b`)).toEqual([]);
      expect(safeHref(bad)).toBeNull();
    }
  });
  it("keeps every letter", () => {
    for (const text of [
      "",
      "a",
      "(https://a.example/b_(c)).",
      "https://a.example/<script>",
      "www.a.example!",
      "x\nhttps://a\ny",
    ])
      expect(
        linkify(text)
          .map((piece) => (typeof piece === "string" ? piece : piece.text))
          .join(""),
      ).toBe(text);
  });
  it("leaves the punctuation of the sentence out of a link", () => {
    expect(links("(https://a.example/b_(c)).")).toEqual(["https://a.example/b_(c)"]);
    expect(links("Look: https://a.example/b!")).toEqual(["https://a.example/b"]);
  });
});

describe("Words", () => {
  it.each(languages)("%s has every key with every plural that its language knows", (language) => {
    const own = words(language);
    const stem = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, "");
    expect(new Set(Object.keys(own).map(stem))).toEqual(new Set(Object.keys(en).map(stem)));
    const plurals = new Set(
      Object.keys(en)
        .filter((key) => key !== stem(key))
        .map(stem),
    );
    for (const key of plurals)
      for (const category of new Intl.PluralRules(language).resolvedOptions().pluralCategories)
        expect(own, `${key}_${category}`).toHaveProperty([`${key}_${category}`]);
  });
  it("take the plural of their language and fill in what is given", () => {
    const t = createTexts("ar", words("ar"), en as { "wait.about_other": string }).t;
    expect(t("wait.about", { count: 2 })).toBe("حوالي دقيقتين.");
    expect(t("wait.about", { count: 5 })).toContain("دقائق");
  });
  it("come from the fallback when a language lacks them", () => {
    const texts = createTexts(
      "de",
      {},
      { "a.b_one": "{count} thing", "a.b_other": "{count} things", c: "Hello {name}" },
    );
    expect(texts.t("a.b", { count: 2 })).toBe("2 things");
    expect(texts.t("c", { name: "$& {x}" })).toBe("Hello $& {x}");
    expect(texts.t("c")).toBe("Hello {name}");
  });
  it("are picked by the whole tag, then by its first part", () => {
    expect(pickLanguage(["fr", "de-AT"], languages, "en")).toBe("de");
    expect(pickLanguage(["fr"], languages, "en")).toBe("en");
    expect(directionOf("ar-EG")).toBe("rtl");
    expect(directionOf("arn")).toBe("ltr");
  });
});

describe("A wait", () => {
  const t = createTexts("en", en, en as { "wait.next": string; "wait.about_one": string }).t as Parameters<
    typeof waitSentence
  >[0];
  it("is said as a number, a range, or not known", () => {
    expect(waitSentence(t, 3, { low: 240 })).toBe("You're number 3. About 4 minutes.");
    expect(waitSentence(t, 3, { low: 120, high: 400 })).toBe("You're number 3. 2–7 minutes.");
    expect(waitSentence(t, 1, { low: 20, high: 50 })).toBe("You're next. About a minute.");
    expect(waitSentence(t, null, { low: null })).toBe("We can't say yet how long it will take.");
  });
  it("is never less than a minute and never a range that says nothing", () => {
    expect(waitMinutes({ low: 0, high: 1 })).toEqual({ low: 1 });
    expect(waitMinutes({ low: Number.NaN })).toBeNull();
    expect(waitMinutes({ low: 61, high: 90 })).toEqual({ low: 2 });
  });
});

describe("Times", () => {
  it("run as minutes and seconds, never below zero", () => {
    expect([clock(-5), clock(61_000), clock(3_723_000)]).toEqual(["0:00", "1:01", "1:02:03"]);
  });
  it("name today and yesterday", () => {
    const now = new Date(2026, 2, 4, 0, 5).getTime();
    expect(dayOf(now, now, "en")).toBe("Today");
    expect(dayOf(now - 600_000, now, "en")).toBe("Yesterday");
    expect(dayOf(new Date(2026, 1, 2).getTime(), now, "en")).toBe("Monday, February 2");
    expect(dayOf(new Date(2025, 1, 3).getTime(), now, "en")).toContain("2025");
  });
});

describe("A conversation", () => {
  const at = new Date(2026, 2, 4, 12).getTime();
  const item = (key: string, minutes: number, side: ChatItem["side"], id = side as string): ChatItem => ({
    key,
    at: at + minutes * 60_000,
    side,
    sender: { id, name: id, kind: "agent" },
    text: key,
  });
  const kinds = (items: ChatItem[], newFrom?: string) =>
    arrange(items, newFrom).map((row) => (row.kind === "group" ? row.items.map(({ key }) => key).join("") : row.kind));
  it("is grouped by sender and minute, and by day", () => {
    expect(
      kinds([
        item("a", 0, "me"),
        item("b", 0.5, "me"),
        item("c", 2, "me"),
        item("d", 2, "them"),
        item("e", 2, "them", "x"),
      ]),
    ).toEqual(["day", "ab", "c", "d", "e"]);
    expect(kinds([item("a", 0, "me"), item("b", 1440, "me")])).toEqual(["day", "a", "day", "b"]);
  });
  it("shows where the new messages begin, within a group too", () => {
    expect(kinds([item("a", 0, "them"), item("b", 0.1, "them")], "b")).toEqual(["day", "a", "new", "b"]);
  });
  it("sets system lines apart", () => {
    expect(kinds([item("a", 0, "me"), item("s", 0, "system"), item("b", 0.1, "me")])).toEqual([
      "day",
      "a",
      "system",
      "b",
    ]);
    expect(arrange([])).toEqual([]);
  });
});

it("A name has the same colour and initials everywhere", () => {
  expect(hueOf("Sam Okafor")).toBe(hueOf("Sam Okafor"));
  expect([initials("Sam Okafor"), initials("mia"), initials(""), initials("<b>"), initials("Ana María López")]).toEqual(
    ["SO", "M", "?", "B", "AL"],
  );
});
