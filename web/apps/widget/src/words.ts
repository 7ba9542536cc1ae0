import type { KeyOf, Texts as TextsOf } from "@switchboard/design/i18n";
import type design from "@switchboard/design/words/en.json";
import type own from "./words/en.json";

/** Every key there is, plural endings cut off. */
export type Key = KeyOf<typeof design> | KeyOf<typeof own>;
export type Texts = TextsOf<Key>;

/** One file for each language, loaded when it is the one. The build makes them of the design's words and ours. */
export const LANGUAGES = ["en", "de", "es", "ar"] as const;
