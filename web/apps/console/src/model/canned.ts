/** Answers that are kept ready, found by what follows a slash. */

export interface Canned {
  readonly id: string;
  readonly shortcut: string;
  readonly title: string;
  readonly content: string;
}

/** What is searched for: the text is a slash and one word, as long as it is being typed. Null = no slash. */
export function slashOf(text: string): string | null {
  const found = /^\/([^\s/]*)$/u.exec(text);
  return found ? (found[1] ?? "").toLocaleLowerCase() : null;
}

/** Those whose shortcut begins with it first, then those whose title or text holds it; at most `most`. */
export function matching(all: readonly Canned[], word: string, most = 8): Canned[] {
  const rank = ({ shortcut, title, content }: Canned) =>
    shortcut.startsWith(word)
      ? 0
      : title.toLocaleLowerCase().includes(word)
        ? 1
        : content.toLocaleLowerCase().includes(word)
          ? 2
          : 3;
  return all
    .map((answer) => ({ answer, rank: rank(answer) }))
    .filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.answer.shortcut.localeCompare(b.answer.shortcut))
    .slice(0, most)
    .map(({ answer }) => answer);
}

/** The text with names filled in. */
export function fillCanned(content: string, names: { customer: string; agent: string }): string {
  return content
    .replace(/\{\{\s*customer\.name\s*\}\}/g, () => names.customer)
    .replace(/\{\{\s*agent\.name\s*\}\}/g, () => names.agent);
}
