import type { SwitchboardError } from "./errors.ts";
import type { Message, SenderRole } from "./protocol.ts";
import type { Mark, TimelineMessage } from "./types.ts";

/** A message of one's own that is not stored yet. */
export interface Pending {
  readonly clientId: string;
  readonly content: string;
  readonly replyTo: string | null;
  readonly metadata: unknown;
  readonly at: string;
  readonly mark: "queued" | "sending" | "failed";
  readonly error: SwitchboardError | null;
}

/** Who looks, and how far the others have come. */
export interface Viewer {
  readonly userId: string | null;
  readonly readUpTo: number;
  readonly deliveredUpTo: number;
}

/**
 * The stored messages of one conversation without a hole, and those that wait behind one.
 *
 * `base` is the number before the first one that is shown; null until it is known where the story begins. Whatever the
 * order, repetition or loss of what comes in, what is shown is contiguous, rising and has each number once.
 */
export function createTimeline() {
  let base: number | null = null;
  let stored: Message[] = [];
  let ahead = new Map<number, Message>();
  /** Views of `stored`, by number, as long as they stay the same. */
  const views = new Map<number, TimelineMessage>();

  const last = () => (base ?? 0) + stored.length;

  function drain(): Message[] {
    const fresh: Message[] = [];
    if (base === null) return fresh;
    for (const seq of [...ahead.keys()]) if (seq <= last()) ahead.delete(seq);
    for (let next = ahead.get(last() + 1); next; next = ahead.get(last() + 1)) {
      ahead.delete(next.seq);
      stored.push(next);
      fresh.push(next);
    }
    return fresh;
  }

  function view(message: Message, viewer: Viewer): TimelineMessage {
    const mine = message.senderId !== null && message.senderId === viewer.userId;
    const mark: Mark | null = !mine
      ? null
      : message.seq <= viewer.readUpTo
        ? "read"
        : message.seq <= viewer.deliveredUpTo
          ? "delivered"
          : "stored";
    const known = views.get(message.seq);
    if (known && known.mark === mark && known.mine === mine) return known;
    const made: TimelineMessage = {
      clientId: null,
      replyTo: null,
      editedAt: null,
      deletedAt: null,
      ...message,
      key: (mine && message.clientId) || message.messageId,
      mine,
      mark,
      error: null,
    };
    views.set(message.seq, made);
    return made;
  }

  return {
    /** The number before the first one; null = not known. */
    base: () => base,
    last,
    /** Something is missing before what has come. */
    gap: () => base !== null && ahead.size > 0,
    /** The story begins after this number, unless it is known better. Gives what can be shown now. */
    begin(after: number): Message[] {
      base ??= after;
      return drain();
    },
    /** Takes a message in. Gives what can be shown now, in order. */
    add(message: Message): Message[] {
      if (base !== null && message.seq <= last()) {
        // An edit or a tombstone comes under the old number.
        const place = message.seq - base - 1;
        const old = stored[place];
        if (old && (old.editedAt !== message.editedAt || old.deletedAt !== message.deletedAt)) {
          stored[place] = message;
          views.delete(message.seq);
        }
        return [];
      }
      ahead.set(message.seq, message);
      return drain();
    },
    /** It was taken back: its number stays. */
    remove(seq: number, deletedAt: string): void {
      const old = stored[seq - (base ?? 0) - 1] ?? ahead.get(seq);
      if (old) this.add({ ...old, content: "", metadata: null, deletedAt });
    },
    /** Puts older ones in front, if they fit on without a hole. */
    prepend(older: readonly Message[]): void {
      if (base === null) return;
      let first = base;
      const fits: Message[] = [];
      for (const message of [...older].sort((a, b) => b.seq - a.seq)) {
        if (message.seq === first) {
          fits.unshift(message);
          first -= 1;
        }
      }
      stored = [...fits, ...stored];
      base = first;
    },
    /** Forgets everything: it belongs to another history. */
    reset(): void {
      base = null;
      stored = [];
      ahead = new Map();
      views.clear();
    },
    /** Messages of others after a number, engine's lines left out. */
    unread: (after: number, userId: string | null) =>
      stored.reduce(
        (count, message) =>
          message.seq > after && message.senderId !== userId && message.senderRole !== "system" && !message.deletedAt
            ? count + 1
            : count,
        // What was not fetched can only be counted by its numbers.
        Math.max(0, (base ?? 0) - after),
      ),
    holds: (messageId: string) => stored.some((message) => message.messageId === messageId),
    newest: () => stored.at(-1),
    show: (viewer: Viewer, message: Message) => view(message, viewer),
    list: (viewer: Viewer, pending: readonly Pending[], role: SenderRole) => [
      ...stored.map((message) => view(message, viewer)),
      ...pending.map((one) => waiting(one, viewer, role)),
    ],
  };
}

/** A pending message never changes: it is replaced. So its view stays as long as it does. */
const waitingViews = new WeakMap<Pending, TimelineMessage>();

function waiting(one: Pending, viewer: Viewer, role: SenderRole): TimelineMessage {
  const known = waitingViews.get(one);
  if (known) return known;
  const { at, ...rest } = one;
  const made: TimelineMessage = {
    ...rest,
    key: one.clientId,
    messageId: null,
    seq: null,
    mine: true,
    senderId: viewer.userId,
    senderName: "",
    senderRole: role,
    messageType: "text",
    aiGenerated: false,
    createdAt: at,
    editedAt: null,
    deletedAt: null,
  };
  waitingViews.set(one, made);
  return made;
}
