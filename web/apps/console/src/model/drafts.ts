/** What was typed and not sent: kept per conversation over switching, reloads and a lost connection. */

export interface Draft {
  readonly text: string;
  /** A note that customers never see. */
  readonly note: boolean;
}

export interface Drafts {
  get(conversationId: string): Draft;
  set(conversationId: string, draft: Draft): void;
  /** Conversations with words in them. */
  ids(): string[];
  /** Forgets all of them: at a log-out that somebody asked for. */
  clear(): void;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const empty: Draft = { text: "", note: false };

/** Drafts of one agent; in memory where the browser keeps nothing. */
export function createDrafts(owner: string, storage: Store | null): Drafts {
  const prefix = `switchboard.draft.${owner}.`;
  const held = new Map<string, Draft>();
  if (storage) {
    try {
      for (let index = 0; index < storage.length; index++) {
        const key = storage.key(index);
        if (!key?.startsWith(prefix)) continue;
        const draft = parse(storage.getItem(key));
        if (draft) held.set(key.slice(prefix.length), draft);
      }
    } catch {
      // Nothing can be read: it is kept in memory then.
    }
  }
  const write = (id: string, draft: Draft | null) => {
    try {
      if (draft) storage?.setItem(prefix + id, JSON.stringify(draft));
      else storage?.removeItem(prefix + id);
    } catch {
      // Full or forbidden: memory has it.
    }
  };
  return {
    get: (id) => held.get(id) ?? empty,
    set(id, draft) {
      if (draft.text === "" && !draft.note) {
        if (held.delete(id)) write(id, null);
        return;
      }
      held.set(id, draft);
      write(id, draft);
    },
    ids: () => [...held].filter(([, draft]) => draft.text.trim() !== "").map(([id]) => id),
    clear() {
      for (const id of [...held.keys()]) write(id, null);
      held.clear();
    },
  };
}

function parse(text: string | null): Draft | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { text: words, note } = value as Partial<Draft>;
    return typeof words === "string" ? { text: words, note: note === true } : null;
  } catch {
    return null;
  }
}
