import type { Fill, KeyOf, Texts as TextsOf } from "@switchboard/design/i18n";
import type design from "@switchboard/design/words/en.json";
import type own from "./words/en.json";

/** Every key there is, plural endings cut off. */
export type Key = KeyOf<typeof design> | KeyOf<typeof own>;
export type Texts = Pick<TextsOf<Key>, "language" | "direction" | "t">;

/** Marks a key that is not written where it is asked for: the build puts the sentence in its place there, too. */
export const key = (name: Key): Key => name;

/**
 * How sentences are filled in. There is one panel for each language: the build puts each sentence where its key is
 * asked for, `t("close")` becomes `"Close"`, and one that depends on a count its forms (see scripts/sentences.mjs).
 */
export function textsOf(language: string, direction: Texts["direction"]): Texts {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return {
    language,
    direction,
    t(sentence: unknown, fill: Fill = {}) {
      const forms = sentence as Record<string, string>;
      const form = typeof sentence === "string" ? sentence : forms[plural.select(fill.count as number)] || forms.other;
      return String(form).replace(/\{(\w+)\}/g, (_, slot: string) => {
        const value = fill[slot] ?? "";
        return typeof value === "number" ? number.format(value) : value;
      });
    },
  };
}
