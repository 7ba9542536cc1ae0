/** The desk at work: the client's events into the state, and what a person does into commands. */
import { type Signal, signal } from "@preact/signals";
import {
  type Client,
  type ClientSnapshot,
  type Conversation,
  type HostEvent,
  SwitchboardError,
} from "@switchboard/client";
import type { NotificationsClient } from "@switchboard/client/notifications";
import { createQueue, type QueueSnapshot } from "@switchboard/client/queue";
import type { StaffRest } from "@switchboard/client/staff";
import type { Canned } from "../model/canned.ts";
import { type Closing, fateOf, UNDO_MS } from "../model/closing.ts";
import { type Call, callsFor } from "../model/effects.ts";
import { hostNotice, newestStored } from "../model/notices.ts";
import { type DeskAction, type DeskEvent, reduce } from "../model/reduce.ts";
import { type DeskState, emptyDesk, type ListName, type Me, type Notice } from "../model/state.ts";
import type { Agent, ServerEvents } from "../model/wire.ts";
import type { Calls } from "./calls.ts";

export type Loaded<T> =
  | { phase: "loading" }
  | { phase: "failed"; error: SwitchboardError }
  | { phase: "ready"; value: T };

export interface Desk {
  readonly state: Signal<DeskState>;
  readonly link: Signal<ClientSnapshot>;
  readonly queueNow: Signal<QueueSnapshot>;
  readonly canned: Signal<Loaded<readonly Canned[]>>;
  readonly closing: Signal<ReadonlyMap<string, Closing>>;
  readonly calls: Calls;
  readonly client: Client;
  /** What is to be heard or seen once. Returns the way to stop. */
  onCall(listener: (call: Call) => void): () => void;

  start(): void;
  stop(): void;
  load(list: ListName): Promise<void>;
  loadMore(list: ListName): Promise<void>;
  loadCanned(): Promise<void>;
  /** Makes sure that a conversation is known: a link into the console, or a search hit. */
  know(id: string): void;
  conversation(id: string): Conversation;
  watch(id: string | null): void;
  read(id: string): void;

  accept(offerId: string): Promise<string>;
  decline(offerId: string, reason?: string): Promise<void>;
  take(id: string): Promise<void>;
  transfer(id: string, to: { agentId: string } | { team: string }, note: string): Promise<void>;
  release(id: string, to: "ai" | "queue"): Promise<void>;
  /** Closes in a while; `keepOpen` takes it back until then. */
  close(id: string, reason: string): void;
  keepOpen(id: string): void;
  /** What is pending is done now: the page goes away. */
  finishClosing(): void;
  setStatus(status: "available" | "away" | "draining" | "offline", reason?: string): Promise<void>;
  /** Everything in the bell was looked at: here, and for what the server keeps on all devices. */
  seenNotices(): void;
  /** Asks the server what it keeps, from the newest. */
  loadNotices(): Promise<void>;
  loadOlderNotices(): Promise<void>;
  setNotices(notices: readonly Notice[]): void;
}

/** Types of the engine's own, but for what a person should read; everything else in lower case is a host's. */
const OWN: Record<Exclude<keyof ServerEvents, "notification" | "order_ready" | "system_announcement">, true> = {
  admin_notification: true,
  agent_joined: true,
  agent_left: true,
  agent_notification: true,
  ai_message: true,
  ai_message_delta: true,
  ai_message_dropped: true,
  ai_message_start: true,
  chat_session_restored: true,
  connected: true,
  conversation_closed: true,
  conversation_updated: true,
  escalation_requested: true,
  escalation_status: true,
  message_deleted: true,
  message_delivered: true,
  message_reaction: true,
  message_read: true,
  message_updated: true,
  new_message: true,
  notification_count: true,
  page_view: true,
  presence: true,
  queue_update: true,
  server_draining: true,
  staff_data: true,
  staff_online: true,
  staff_status_updated: true,
  token_expiring: true,
  topic_update: true,
  unread_count: true,
  user_stop_typing: true,
  user_typing: true,
};
/** The client's own events beside them, and answers. */
const NOT_A_HOSTS = new Set(["registered", "error", "message", "state", "epoch"]);
/** What is older than this when it comes, or than the page, waited for the person: it is in the bell, and does not fly in. */
const NEWS_MS = 60_000;
/** When what was read is told again that could not be told, milliseconds. */
const TELL_AGAIN_MS = 3_000;

/** Events that come many at a time. */
const FREQUENT = new Set<string>([
  "new_message",
  "ai_message",
  "user_typing",
  "user_stop_typing",
  "message_read",
  "presence",
  "conversation_updated",
]);
/** Those that come within this time of each other are shown together, milliseconds. */
const TOGETHER_MS = 100;

/** The client's snapshot changes with every message; what is drawn of it does not. */
const sameLink = (a: ClientSnapshot, b: ClientSnapshot) =>
  a.state === b.state &&
  a.retryAt === b.retryAt &&
  a.attempts === b.attempts &&
  a.error === b.error &&
  a.online === b.online &&
  a.queued === b.queued;

/** Conversations of others that stay open at most, so that going back to one is at once. */
const KEPT_OPEN = 12;

export interface DeskParts {
  client: Client;
  staff: StaffRest;
  notifications: NotificationsClient;
  calls: Calls;
  me: Me;
  now?: () => number;
}

export function createDesk({ client, staff, notifications, calls, me, now = Date.now }: DeskParts): Desk {
  const state = signal(emptyDesk(me));
  /** What is known; `state` shows it, at most ten times a second while much is going on. */
  let current = state.peek();
  let shownAt = 0;
  let showing: ReturnType<typeof setTimeout> | null = null;
  const link = signal(client.getSnapshot());
  const queue = createQueue(client, ["queue", "agents"]);
  const queueNow = signal(queue.getSnapshot());
  const canned = signal<Loaded<readonly Canned[]>>({ phase: "loading" });
  const closing = signal<ReadonlyMap<string, Closing>>(new Map());
  const listeners = new Set<(call: Call) => void>();
  const fetching = new Set<string>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let recent: string[] = [];
  let stops: (() => void)[] = [];
  let wasConnected = false;
  const openedAt = now();
  /** Read here up to this number, and not told yet; 0 = nothing to tell. */
  let readUpTo = 0;
  let telling: ReturnType<typeof setTimeout> | undefined;
  /** How often something was read, here or on another device. */
  let reads = 0;

  function show(): void {
    if (showing !== null) clearTimeout(showing);
    showing = null;
    shownAt = now();
    state.value = current;
  }

  /** The first of several events is shown at once, those on its heels together; what a person does always at once. */
  function soon(): void {
    const due = shownAt + TOGETHER_MS - now();
    if (due <= 0 || due > TOGETHER_MS) show();
    else showing ??= setTimeout(show, due);
  }

  function dispatch(action: DeskAction): void {
    const before = current;
    const after = reduce(before, action);
    if (after === before) return;
    current = after;
    const often = action.type === "queue" || (action.type === "event" && FREQUENT.has(action.event.type));
    if (often) soon();
    else show();
    for (const call of callsFor(before, after, action)) for (const listener of listeners) listener(call);
    if (after.wanted.size > 0) fetchWanted();
    if (closing.value.size > 0) checkClosing();
  }

  const offset = () => client.getSnapshot().clockOffset;

  function fetchWanted(): void {
    const { lists, wanted } = current;
    // The lists bring most of them; asking one by one in front of that would be a flood.
    if (lists.mine.phase === "loading" || lists.queue.phase === "loading") return;
    for (const id of wanted) {
      if (fetching.has(id) || fetching.size >= 6) continue;
      fetching.add(id);
      const asked = current.rows;
      calls
        .one(id)
        .then((item) => dispatch({ type: "fetched", item, asked }))
        .catch((error: unknown) => {
          const { code } = asError(error);
          // A lost link says nothing about the conversation: what comes after it asks again.
          const kind = code === "not_found" || code === "forbidden" ? "unfetchable" : "unwanted";
          dispatch({ type: kind, id });
        })
        .finally(() => {
          fetching.delete(id);
          if (current.wanted.size > 0) fetchWanted();
        });
    }
  }

  async function load(list: ListName): Promise<void> {
    if (current.lists[list].phase === "failed") dispatch({ type: "list_again", list });
    const asked = current.rows;
    try {
      const { items, nextCursor } = await calls.list(list);
      dispatch({ type: "listed", list, items, cursor: nextCursor, more: false, asked });
    } catch {
      // What is shown stays, and the banner says that the link is down; without anything there is a way to try again.
      if (current.lists[list].phase !== "ready") dispatch({ type: "list_failed", list });
    }
    if (current.wanted.size > 0) fetchWanted();
  }

  async function loadOffers(): Promise<void> {
    if (me.role !== "agent") return;
    try {
      const { items } = await staff.offers();
      dispatch({ type: "offers", offers: items, at: now(), offset: offset() });
    } catch {
      // The next offer comes by itself; those that are open come with the next reconnect.
    }
  }

  async function loadCanned(): Promise<void> {
    try {
      canned.value = { phase: "ready", value: await calls.canned() };
    } catch (error) {
      if (canned.value.phase !== "ready") canned.value = { phase: "failed", error: asError(error) };
    }
  }

  /** What cannot be told now is told a little later, or with the next link. */
  function tellReadSoon(): void {
    clearTimeout(telling);
    if (link.peek().state !== "connected") return;
    tellRead().catch((error: unknown) => {
      if (asError(error).retryable) telling = setTimeout(tellReadSoon, TELL_AGAIN_MS);
      else readUpTo = 0;
    });
  }

  async function tellRead(): Promise<void> {
    const upTo = readUpTo;
    if (upTo === 0) return;
    await notifications.markRead({ upTo });
    if (readUpTo === upTo) readUpTo = 0;
  }

  async function loadNotices(): Promise<void> {
    try {
      for (let attempt = 1; ; attempt++) {
        await tellRead();
        const asked = newestStored(current);
        const before = reads;
        const page = await notifications.list();
        // It does not know what was read meanwhile.
        if (reads !== before && attempt < 3) continue;
        dispatch({ type: "stored", page, asked, offset: offset() });
        return;
      }
    } catch {
      // What is known stays; the next look at the bell, or the next link, asks again.
    }
  }

  /** An event of the host application: into the bell, and in front of the eyes if it is news. */
  function hosts(type: string, data: unknown, event: HostEvent | undefined): void {
    const before = current;
    const at = now();
    current = hostNotice(before, type, data, at, event, offset());
    if (current === before) return;
    show();
    const notice = current.notices.find((one) => !before.notices.includes(one));
    const made = event ? Date.parse(event.createdAt) - offset() : at;
    if (!notice || event?.priority === "low" || made < Math.max(openedAt, at - NEWS_MS)) return;
    const loud = type === "system_announcement" || event?.priority === "high" || event?.priority === "urgent";
    tell({ call: "notice", notice, loud });
  }

  /** Everything that could have been missed while there was no link. */
  function catchUp(): void {
    void loadNotices();
    for (const list of ["mine", "queue", "all"] as const) void load(list);
    void loadOffers();
    void loadCanned();
  }

  function checkClosing(): void {
    for (const pending of closing.value.values()) {
      const fate = fateOf(pending, current.rows.get(pending.conversationId), now());
      if (fate === "do") void finish(pending);
      else if (fate === "drop") {
        forget(pending.conversationId);
        tell({ call: "kept_open", ...about(pending.conversationId) });
      }
    }
  }

  const tell = (call: Call) => {
    for (const listener of listeners) listener(call);
  };

  /** What this window takes is no news for it, whichever comes first: the answer or the event. */
  async function taking(id: string, act: () => Promise<void>): Promise<void> {
    dispatch({ type: "taking", id, on: true });
    try {
      await act();
    } finally {
      setTimeout(() => dispatch({ type: "taking", id, on: false }), 3000);
    }
  }

  const about = (id: string) => ({ conversationId: id, name: current.rows.get(id)?.customerName ?? "" });

  function forget(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const next = new Map(closing.value);
    next.delete(id);
    closing.value = next;
  }

  async function finish(pending: Closing): Promise<void> {
    forget(pending.conversationId);
    try {
      await client.send("close_conversation", { conversationId: pending.conversationId, reason: pending.reason });
    } catch (error) {
      const { code } = asError(error);
      // Somebody else was faster.
      if (code === "conversation_closed") return;
      tell({ call: "not_closed", ...about(pending.conversationId), code });
    }
  }

  function conversation(id: string): Conversation {
    const found = client.conversation(id);
    recent = [id, ...recent.filter((one) => one !== id)];
    const keep = new Set(recent.slice(0, KEPT_OPEN));
    for (const other of recent) {
      if (keep.has(other) || current.rows.get(other)?.agentId === me.id) continue;
      // Offers are looked at before they are taken: they stay open while they stand.
      if ([...current.offers.values()].some((offer) => offer.conversationId === other)) continue;
      client.conversation(other).leave();
      recent = recent.filter((one) => one !== other);
    }
    return found;
  }

  return {
    state,
    link,
    queueNow,
    canned,
    closing,
    calls,
    client,
    onCall(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    start() {
      stops = [
        client.subscribe(() => {
          const before = link.value;
          const next = client.getSnapshot();
          if (!sameLink(before, next)) link.value = next;
          const connected = next.state === "connected";
          if (connected && !wasConnected) catchUp();
          wasConnected = connected;
          if (before.state !== next.state && !connected) fetching.clear();
        }),
        queue.subscribe(() => {
          queueNow.value = queue.getSnapshot();
          const { queue: rows, agents } = queueNow.value;
          if (rows || agents) dispatch({ type: "queue", queue: rows, agents: agents as readonly Agent[] | null });
        }),
        client.on("*", ({ type, data, event }) => {
          if (!event && type in OWN)
            dispatch({ type: "event", event: { type, data } as DeskEvent, at: now(), offset: offset() });
          else if (/^[a-z][a-z0-9_]*$/.test(type) && !NOT_A_HOSTS.has(type)) hosts(type, data, event);
        }),
        client.on("notification_count", ({ readId, readUpTo }) => {
          if (readId !== undefined || readUpTo !== undefined) reads += 1;
        }),
        client.on("epoch", catchUp),
      ];
      void client.connect().catch(() => {
        // The snapshot says so.
      });
    },
    stop() {
      for (const stop of stops) stop();
      for (const timer of timers.values()) clearTimeout(timer);
      clearTimeout(telling);
      if (showing !== null) clearTimeout(showing);
      client.destroy();
    },
    load,
    async loadMore(list) {
      const { cursor, phase } = current.lists[list];
      if (!cursor || phase !== "ready") return;
      const asked = current.rows;
      try {
        const { items, nextCursor } = await calls.list(list, cursor);
        dispatch({ type: "listed", list, items, cursor: nextCursor, more: true, asked });
      } catch {
        // Scrolling on asks again.
      }
    },
    loadCanned,
    know(id) {
      if (!current.rows.has(id)) dispatch({ type: "wanted", id });
    },
    conversation,
    watch: (id) => dispatch({ type: "watching", id }),
    read: (id) => dispatch({ type: "read", id }),

    async accept(offerId) {
      const conversationId = current.offers.get(offerId)?.conversationId ?? "";
      await taking(conversationId, async () => {
        try {
          await client.send("accept_transfer", { transferRequestId: offerId });
          dispatch({ type: "assigned", conversationId, agentId: me.id, agentName: me.name, at: now() });
        } finally {
          dispatch({ type: "offer_done", id: offerId });
        }
      });
      return conversationId;
    },
    async decline(offerId, reason) {
      await client
        .send("decline_transfer", { transferRequestId: offerId, ...(reason ? { reason } : {}) })
        .finally(() => {
          dispatch({ type: "offer_done", id: offerId });
        });
    },
    async take(id) {
      await taking(id, async () => {
        const { agentId, agentName } = await client.send("assign_to_me", { conversationId: id });
        dispatch({ type: "assigned", conversationId: id, agentId, agentName, at: now() });
      });
    },
    async transfer(id, to, note) {
      await client.conversation(id).transfer(to, note.trim() || undefined);
    },
    async release(id, to) {
      await client.conversation(id).release(to);
    },
    close(id, reason) {
      const pending = {
        conversationId: id,
        reason,
        at: now() + UNDO_MS,
        seq: current.rows.get(id)?.lastSeq ?? 0,
      };
      closing.value = new Map(closing.value).set(id, pending);
      timers.set(
        id,
        setTimeout(() => {
          const still = closing.value.get(id);
          if (still) void finish(still);
        }, UNDO_MS),
      );
    },
    keepOpen: forget,
    finishClosing() {
      for (const pending of closing.value.values()) void finish(pending);
    },
    async setStatus(status, reason) {
      await client.send("agent_status", { status, ...(reason ? { reason } : {}) });
      dispatch({ type: "status", status, reason: reason ?? null });
    },
    seenNotices() {
      if (current.storedUnread > 0) readUpTo = Math.max(readUpTo, newestStored(current));
      reads += 1;
      dispatch({ type: "notices_read" });
      tellReadSoon();
    },
    loadNotices,
    async loadOlderNotices() {
      const { storedCursor: cursor } = current;
      if (!cursor) return;
      try {
        dispatch({ type: "stored", page: await notifications.list({ cursor }), asked: null, offset: offset() });
      } catch {
        // The button is still there.
      }
    },
    setNotices: (notices) => dispatch({ type: "notices", notices }),
  };
}

export function asError(error: unknown): SwitchboardError {
  return error instanceof SwitchboardError
    ? error
    : new SwitchboardError("internal", error instanceof Error ? error.message : String(error));
}
