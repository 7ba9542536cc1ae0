// Puts the sentences of one language into the source where their keys are asked for.

const FORM = /^(.*)_(zero|one|two|few|many|other)$/;

/** `{key: sentence}` with the forms of a plural under one key. */
export function sentencesOf(words) {
  const found = {};
  for (const [key, sentence] of Object.entries(words)) {
    const [, stem, form] = FORM.exec(key) ?? [];
    if (stem) found[stem] = { ...found[stem], [form]: sentence };
    else found[key] = sentence;
  }
  // A form that says nothing else than the others' is not told twice.
  for (const [key, forms] of Object.entries(found)) {
    if (typeof forms !== "string")
      found[key] = Object.fromEntries(
        // Nobody is told of no minutes, and of nobody who waits.
        Object.entries(forms).filter(([form, text]) => form === "other" || (form !== "zero" && text !== forms.other)),
      );
  }
  return found;
}

/** Names of what sentences have filled in. */
export const slotsOf = (words) =>
  Object.values(words).flatMap((sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot));

/** The end of the call whose bracket opens at `from`, and of its first argument. */
function argumentsAt(source, from) {
  let depth = 0;
  let first = -1;
  let quote = "";
  for (let at = from; at < source.length; at += 1) {
    const letter = source[at];
    if (quote) {
      if (letter === quote) quote = "";
    } else if (/["'`]/.test(letter)) quote = letter;
    else if (/[([{]/.test(letter)) depth += 1;
    else if (/[)\]}]/.test(letter)) {
      depth -= 1;
      if (depth === 0) return { first: first < 0 ? at : first, end: at };
    } else if (letter === "," && depth === 1 && first < 0) first = at;
  }
  throw new Error("a call without an end");
}

/** `t("key")` becomes the sentence, `t("key", fill)` keeps the call around it; `key("key")` becomes it as well. */
export function translated(source, sentences) {
  let text = source;
  const call = /(?<![\w.])(?:(?:words|texts)\.)?t\(|(?<![\w.])key\(/g;
  for (let found = call.exec(text); found; found = call.exec(text)) {
    const open = found.index + found[0].length - 1;
    const { first, end } = argumentsAt(text, open);
    const what = text.slice(open + 1, first);
    let changed = false;
    const literal = (key) => {
      if (!(key in sentences)) throw new Error(`there is no sentence "${key}"`);
      changed = true;
      return JSON.stringify(sentences[key]);
    };
    // Comparisons inside of the argument are no keys.
    const put = what
      .replace(/(?<!=== )"([\w.]+)"/g, (_, key) => literal(key))
      .replace(/`([\w.]+\.)\$\{(\w+)(?: as [^}]+)?\}`/g, (_, stem, name) => {
        changed = true;
        const all = Object.keys(sentences).filter((key) => key.startsWith(stem));
        return `(${JSON.stringify(Object.fromEntries(all.map((key) => [key.slice(stem.length), sentences[key]])))})[${name}]`;
      });
    if (/\$\{/.test(put)) throw new Error(`the key cannot be known: ${what}`);
    if (!changed) continue;
    const alone = first === end;
    const made = alone ? `(${put})` : `${found[0]}${put}${text.slice(first, end + 1)}`;
    text = text.slice(0, found.index) + made + text.slice(end + 1);
    call.lastIndex = found.index + (alone ? made.length : found[0].length + put.length);
  }
  return text;
}
