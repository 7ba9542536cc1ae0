/** A conversation's messages and notes as the list of the design package draws them. */
import type { ConversationSnapshot, TimelineMessage } from "@switchboard/client";
import type { ChatItem, Source } from "@switchboard/design";
import type { Note } from "./wire.ts";

const MARKS = {
  queued: "queued",
  sending: "queued",
  stored: "stored",
  delivered: "delivered",
  read: "read",
  failed: "failed",
} as const;

/** Messages and notes by their time; a note that was written between two messages stands between them. */
export function itemsOf(
  snapshot: Pick<ConversationSnapshot, "messages" | "notes" | "streaming">,
  words: { removed: string; assistant: string; you: string; system: string },
): ChatItem[] {
  const messages = snapshot.messages.map((message) => messageItem(message, words));
  const notes = snapshot.notes.map((note) => noteItem(note, words.system));
  const items: ChatItem[] = [];
  let next = 0;
  for (const item of messages) {
    // Messages keep the server's order, whatever the clocks say; notes find their place among them.
    for (let note = notes[next]; note && note.at < item.at; note = notes[++next]) items.push(note);
    items.push(item);
  }
  items.push(...notes.slice(next));
  if (snapshot.streaming) {
    const { messageId, text } = snapshot.streaming;
    items.push({
      key: messageId,
      at: Math.max(items[items.length - 1]?.at ?? 0, 0) || Date.now(),
      side: "them",
      sender: { id: "assistant", name: words.assistant, kind: "assistant" },
      text,
      streaming: true,
    });
  }
  return items;
}

function messageItem(message: TimelineMessage, words: { removed: string; you: string }): ChatItem {
  const system = message.senderRole === "system";
  const removed = message.deletedAt !== null;
  const kind = message.senderRole === "ai" ? "assistant" : message.senderRole;
  const sources = message.senderRole === "ai" ? sourcesOf(message.metadata) : [];
  return {
    key: message.key,
    at: Date.parse(message.createdAt),
    side: system ? "system" : message.mine ? "me" : "them",
    sender: { id: message.senderId ?? kind, name: message.mine ? words.you : message.senderName, kind },
    text: removed ? words.removed : message.content,
    ...(message.mark ? { mark: MARKS[message.mark] } : {}),
    ...(sources.length > 0 ? { sources } : {}),
    ...(removed ? { removed } : {}),
  };
}

function noteItem(note: Note, system: string): ChatItem {
  return {
    key: `note-${note.noteSeq}`,
    at: Date.parse(note.createdAt),
    side: "note",
    sender: { id: note.senderId ?? "", name: note.senderName || system, kind: "agent" },
    text: note.content,
  };
}

/** Where the assistant has it from, as far as it said so in a form that is known. */
export function sourcesOf(metadata: unknown): Source[] {
  const sources = (metadata as { sources?: unknown } | null)?.sources;
  if (!Array.isArray(sources)) return [];
  return sources.flatMap((source: unknown): Source[] => {
    if (typeof source === "string") return [{ title: source }];
    const { title, url, id } = (source ?? {}) as Record<string, unknown>;
    const name = typeof title === "string" ? title : typeof id === "string" ? id : null;
    return name ? [{ title: name, url: typeof url === "string" ? url : null }] : [];
  });
}

/** The facts of a metadata object that can be shown on a line, nested ones with their path. */
export function factsOf(metadata: unknown, most = 12): { name: string; value: string }[] {
  const facts: { name: string; value: string }[] = [];
  const add = (value: unknown, path: string) => {
    if (facts.length >= most) return;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      if (String(value).trim() !== "") facts.push({ name: path, value: String(value).slice(0, 300) });
    } else if (Array.isArray(value)) {
      const flat = value.filter((one) => typeof one !== "object");
      if (flat.length > 0) facts.push({ name: path, value: flat.join(", ").slice(0, 300) });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) add(inner, path ? `${path} › ${key}` : key);
    }
  };
  add(metadata, "");
  return facts.filter(({ name }) => name !== "");
}
