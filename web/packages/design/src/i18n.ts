/**
 * Words in a language. A language is a flat JSON of sentences; a sentence has `{name}` for what is filled in, and a
 * sentence that depends on a count is several keys: `wait_one`, `wait_other`, … by the categories of the language.
 */

export type Words = Readonly<Record<string, string>>;
/** A key as it is asked for: plural endings cut off. */
export type KeyOf<W> =
  W extends Readonly<Record<infer K, string>>
    ? K extends `${infer Stem}_${"zero" | "one" | "two" | "few" | "many" | "other"}`
      ? Stem
      : K
    : never;
export type Fill = Readonly<Record<string, string | number>>;

export interface Texts<Key> {
  /** BCP 47, as given. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  /** The sentence; with `count` the plural of the language is taken, and `{count}` filled in as the language writes it. */
  t(key: Key, fill?: Fill): string;
  /** A number as the language writes it. */
  n(value: number): string;
}

const RIGHT_TO_LEFT = /^(ar|fa|he|ur|ps|sd|yi|dv|ckb)\b/i;

/** The direction that a language is written in. */
export function directionOf(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
}

/** Sentences of `words`; what is missing there comes from `fallback` (the language that has every key). */
export function createTexts<const W extends Words>(language: string, words: Words, fallback: W): Texts<KeyOf<W>> {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const fallbackPlural = new Intl.PluralRules("en");
  const find = (from: Words, rules: Intl.PluralRules, key: string, count: unknown) =>
    (typeof count === "number" ? (from[`${key}_${rules.select(count)}`] ?? from[`${key}_other`]) : undefined) ??
    from[key];
  return {
    language,
    direction: directionOf(language),
    n: (value) => number.format(value),
    t(key, fill = {}) {
      const name = String(key);
      const sentence =
        find(words, plural, name, fill.count) ?? find(fallback, fallbackPlural, name, fill.count) ?? name;
      return sentence.replace(/\{(\w+)\}/g, (whole, slot: string) => {
        const value = fill[slot];
        return value === undefined ? whole : typeof value === "number" ? number.format(value) : value;
      });
    },
  };
}

/** The first of `wanted` that is offered, by whole tag and then by its first part; `otherwise` when there is none. */
export function pickLanguage(wanted: readonly string[], offered: readonly string[], otherwise: string): string {
  for (const tag of wanted) {
    const low = tag.toLowerCase();
    const found = offered.find((one) => one === low) ?? offered.find((one) => one === low.split("-")[0]);
    if (found) return found;
  }
  return otherwise;
}
