/** Which rows a list shows, in which order, and how it keeps still. */
import type { DeskState, ListName, Row } from "./state.ts";

/**
 * The ids of a list in its order.
 * - `mine`: the newest assignment first. The order does not depend on messages, so that nothing moves while one writes.
 * - `queue`: as they will be served.
 * - `all`: the latest activity first.
 */
export function idsOf(state: DeskState, list: ListName): string[] {
  if (list === "mine") return mine(state).map(({ id }) => id);
  if (list === "queue") return queue(state);
  const listed = new Set(state.lists.all.ids);
  return [...state.rows.values()]
    .filter((row) => listed.has(row.id) || row.agentId === state.me.id || waits(row))
    .sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);
}

const waits = (row: Row) => row.status === "WAITING_FOR_AGENT" || row.status === "OFFERED";

function mine(state: DeskState): Row[] {
  return [...state.rows.values()]
    .filter((row) => row.agentId === state.me.id && row.status !== "CLOSED")
    .sort((a, b) => (b.assignedAt ?? 0) - (a.assignedAt ?? 0) || (a.id < b.id ? 1 : -1));
}

function queue(state: DeskState): string[] {
  // The live topic knows; until it has spoken the list that was fetched has to do.
  if (state.queue) return state.queue.map(({ conversationId }) => conversationId);
  return state.lists.queue.ids.filter((id) => {
    const row = state.rows.get(id);
    return row !== undefined && waits(row);
  });
}

/** What stands on the tabs and in the window's title. */
export interface Counts {
  readonly mine: number;
  /** Messages in one's own conversations that were not read. */
  readonly unread: number;
  /** One's own conversations whose customer waits for an answer. */
  readonly unanswered: number;
  readonly queue: number;
  /** The longest wait in the queue began then. */
  readonly oldest: number | null;
}

export function countsOf(state: DeskState): Counts {
  const own = mine(state);
  const waiting = queue(state);
  const since = waiting.map((id) => {
    const entry = state.queue?.find(({ conversationId }) => conversationId === id);
    return entry ? Date.parse(entry.queuedAt) : state.rows.get(id)?.waitingSince;
  });
  const known = since.filter((at): at is number => typeof at === "number");
  return {
    mine: own.length,
    unread: own.reduce((sum, row) => sum + row.unread, 0),
    unanswered: own.filter((row) => row.askedAt !== null).length,
    queue: waiting.length,
    oldest: known.length > 0 ? Math.min(...known) : null,
  };
}

/** The own conversation whose customer has waited longest for an answer, other than `except`. */
export function nextUnanswered(state: DeskState, except: string | null): string | null {
  let found: Row | null = null;
  for (const row of mine(state)) {
    if (row.id === except || row.askedAt === null) continue;
    if (!found || row.askedAt < (found.askedAt ?? 0)) found = row;
  }
  return found?.id ?? null;
}

/** Rows that are drawn at first, and more at a time. */
export const DRAWN = 60;

/**
 * How many of a long list's rows are drawn, from its start: what is in sight and a stretch below it, in whole steps so
 * that scrolling seldom draws. `reached` is the first row below the sight.
 */
export function drawnFor(reached: number, chosen: number): number {
  const wanted = Math.max(reached, chosen) + DRAWN / 2;
  return Math.max(1, Math.ceil(wanted / DRAWN)) * DRAWN;
}

/** What a list shows, and how much it holds back. */
export interface Settled {
  readonly shown: readonly string[];
  /** Came in while the list was held still. */
  readonly fresh: number;
}

/**
 * The list never moves under the pointer: while it is `held`, what is shown stays where it is, and what is new is only
 * counted. What went away stays too (its row says so) until the list is let go.
 */
export function settle(before: readonly string[], wanted: readonly string[], held: boolean): Settled {
  if (!held || before.length === 0)
    return same(before, wanted) ? { shown: before, fresh: 0 } : { shown: wanted, fresh: 0 };
  const there = new Set(before);
  return { shown: before, fresh: wanted.filter((id) => !there.has(id)).length };
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((id, index) => id === b[index]);

/** How pressing a wait is: the word beside it says the same. */
export type Urgency = "calm" | "soon" | "late";

/** Amber after two minutes without an answer, red after five. */
export function urgencyOf(since: number, now: number): Urgency {
  const waited = now - since;
  return waited >= 300_000 ? "late" : waited >= 120_000 ? "soon" : "calm";
}
