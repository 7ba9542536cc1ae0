import { directionOf, type Fill, type KeyOf, type Texts as TextsOf } from "@switchboard/design/i18n";
import type design from "@switchboard/design/words/en.json";
import type own from "./words/en.json";

/** Every key there is, plural endings cut off. */
export type Key = KeyOf<typeof design> | KeyOf<typeof own>;
export type Texts = TextsOf<Key>;

/** One file for each language, loaded when it is the one. The build makes them of the design's words and ours. */
export const LANGUAGES = ["en", "de", "es", "ar"] as const;

/** How the build has put the sentences into a list: the place of a key is a number made of its letters. */
declare const WORD_STEP: number;
declare const WORD_PLACES: number;
const placeOf = (key: string) =>
  [...key].reduce((sum, letter) => (sum * WORD_STEP + letter.charCodeAt(0)) % 65_521, 0) % WORD_PLACES;

/** The texts of one language. Each language has every key (a test says so), so there is nothing to fall back to. */
export function textsOf(language: string, words: readonly (string | 0)[]): Texts {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const find = (key: string) => words[placeOf(key)];
  return {
    language,
    direction: directionOf(language),
    n: (value) => number.format(value),
    t: (key: string, { count, ...fill }: Fill = {}) => {
      const many = count as number;
      const sentence =
        (count !== undefined && (find(`${key}_${plural.select(many)}`) || find(`${key}_other`))) || find(key) || key;
      return sentence.replace(/\{(\w+)\}/g, (_, slot: string) => {
        const value = slot === "count" ? many : (fill[slot] ?? "");
        return typeof value === "number" ? number.format(value) : value;
      });
    },
  };
}
