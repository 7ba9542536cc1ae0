/** Foreign text cut into words and links. Nothing here makes HTML. */

export type Piece = string | { text: string; href: string };

const LINK = /\b(?:https?:\/\/|mailto:|www\.)[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;

/** The address when it is http, https or mailto, else `null`. */
export function safeHref(address: string): string | null {
  try {
    const url = new URL(address);
    return /^(https?|mailto):$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Text with the links in it set apart; what stands behind a link as punctuation stays text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    let word = found[0].replace(/[.,;:!?…*_]+$/, "");
    // A closing bracket belongs to the sentence unless it was opened inside the link.
    while (/[)\]]$/.test(word) && word.split(/[([]/).length < word.split(/[)\]]/).length) {
      word = word.slice(0, -1).replace(/[.,;:!?]+$/, "");
    }
    const address = /^(https?:|mailto:)/i.test(word) ? word : word.includes("@") ? `mailto:${word}` : `https://${word}`;
    const href = safeHref(address);
    if (!href) continue;
    if (found.index > from) pieces.push(text.slice(from, found.index));
    pieces.push({ text: word, href });
    from = found.index + word.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
