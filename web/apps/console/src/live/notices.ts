/**
 * What happened at this desk survives a reload, and reading it in one window reads it in all. What the server keeps is
 * not kept here.
 */
import { effect } from "@preact/signals";
import type { Notice } from "../model/state.ts";
import type { Desk } from "./desk.ts";

const kinds = new Set<Notice["kind"]>([
  "assigned",
  "offered",
  "offer_taken",
  "offer_missed",
  "offer_canceled",
  "unassigned",
  "transferred",
  "transfer_refused",
  "customer_left",
  "host",
]);

/** What was kept; anything odd is left out. */
export function parseNotices(text: string | null): Notice[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(kept)) return [];
    const sound = kept.filter((one: unknown): one is Notice => {
      const some = one as Partial<Notice> | null;
      return (
        typeof some?.id === "string" &&
        typeof some.at === "number" &&
        typeof some.name === "string" &&
        typeof some.read === "boolean" &&
        (some.text === null || typeof some.text === "string") &&
        (some.conversationId === null || typeof some.conversationId === "string") &&
        kinds.has(some.kind as Notice["kind"])
      );
    });
    return sound.map((one) => ({ ...one, number: null }));
  } catch {
    return [];
  }
}

const own = (notices: readonly Notice[]) => notices.filter((notice) => notice.number === null);

/** Keeps them in this browser. Returns the way to stop. */
export function keepNotices(desk: Desk, owner: string): () => void {
  const key = `switchboard.notices.${owner}`;
  const read = () => {
    try {
      return parseNotices(localStorage.getItem(key));
    } catch {
      return [];
    }
  };
  desk.setNotices(read());
  let first = true;
  const stop = effect(() => {
    const notices = own(desk.state.value.notices);
    if (first) {
      first = false;
      return;
    }
    try {
      const text = JSON.stringify(notices);
      if (localStorage.getItem(key) !== text) localStorage.setItem(key, text);
    } catch {
      // They hold until the page is left.
    }
  });
  const onStorage = (event: StorageEvent) => {
    if (event.key !== key) return;
    // Another window of the same person: what was read there is read here. It saw the same events itself.
    const seen = new Map(
      parseNotices(event.newValue).map((notice) => [`${notice.kind} ${notice.conversationId}`, notice]),
    );
    const notices = own(desk.state.peek().notices);
    const next = notices.map((notice) => {
      const other = seen.get(`${notice.kind} ${notice.conversationId}`);
      return other?.read && !notice.read && Math.abs(other.at - notice.at) < 10_000
        ? { ...notice, read: true }
        : notice;
    });
    if (next.some((notice, index) => notice !== notices[index])) desk.setNotices(next);
  };
  addEventListener("storage", onStorage);
  return () => {
    stop();
    removeEventListener("storage", onStorage);
  };
}
