/** The board's words. English for now; another language is another JSON beside it. */
import { createTexts } from "@switchboard/design";
import design from "@switchboard/design/words/en.json";
import own from "./words/en.json";

const words = { ...design, ...own };
export const texts = createTexts("en", words, words);
export const { t, n } = texts;
export type Key = Parameters<typeof t>[0];
/** Times and dates as this device writes them, as far as it speaks the same language. */
export const language = navigator.language.startsWith(texts.language) ? navigator.language : texts.language;
/** A word for a code of the server; the code itself when a newer server has one more. */
export const word = (group: string, code: string): string =>
  `${group}.${code}` in words ? t(`${group}.${code}` as Key) : code.replaceAll("_", " ");
