import { allRead, counted, note, stored, withOwn } from "./notices.ts";
import type { DeskState, Line, ListName, Notice, OfferView, Row, Self } from "./state.ts";
import type { Agent, AgentNotification, Message, Note, Offer, QueueRow, ServerEvents } from "./wire.ts";
import { isNote, type Overview, rowOf } from "./wire.ts";

/** What happened. `at` is this browser's clock, `offset` the server's clock minus it. */
export type DeskAction =
  | { type: "listed"; list: ListName; items: readonly Overview[]; cursor: string | null; more: boolean; asked?: Rows }
  | { type: "list_failed"; list: ListName }
  | { type: "list_again"; list: ListName }
  | { type: "fetched"; item: Overview; asked?: Rows }
  | { type: "unfetchable" | "unwanted"; id: string }
  | { type: "wanted"; id: string }
  | { type: "queue"; queue: readonly QueueRow[] | null; agents: readonly Agent[] | null }
  | { type: "offers"; offers: readonly Offer[]; at: number; offset: number }
  | { type: "offer_done"; id: string }
  | { type: "assigned"; conversationId: string; agentId: string; agentName: string; at: number }
  | { type: "taking"; id: string; on: boolean }
  | { type: "watching"; id: string | null }
  | { type: "read"; id: string }
  | { type: "status"; status: Self["status"]; reason: string | null }
  | { type: "notices"; notices: readonly Notice[] }
  | { type: "stored"; page: Parameters<typeof stored>[1]; asked: number | null; offset: number }
  | { type: "notices_read" }
  | { type: "event"; event: DeskEvent; at: number; offset: number };

/** What was known when the server was asked: where an event has said something else since, its answer is too old. */
type Rows = ReadonlyMap<string, Row>;

/** The server's events that change a desk. */
export type DeskEvent = {
  [T in keyof ServerEvents]: { type: T; data: ServerEvents[T] };
}[keyof ServerEvents];

const PREVIEW = 160;

/** The next state. The same object when nothing changed. */
export function reduce(state: DeskState, action: DeskAction): DeskState {
  switch (action.type) {
    case "listed":
      return listed(state, action);
    case "list_failed":
      return setLoad(state, action.list, "failed");
    case "list_again":
      return setLoad(state, action.list, "loading");
    case "fetched":
      if (action.item.kind !== "support")
        return { ...unwant(state, action.item.id), others: new Set(state.others).add(action.item.id) };
      // Too old it is asked for once more.
      return overtaken(state, action.item.id, action.asked)
        ? state
        : unwant(putAll(state, [action.item]), action.item.id);
    case "unwanted":
      return unwant(state, action.id);
    case "unfetchable":
      // Known, and no longer for this agent's eyes: somebody else has it.
      return change(unwant(state, action.id), action.id, (row) =>
        row.status === "CLOSED"
          ? row
          : { ...row, status: "AGENT_ASSIGNED", agentId: null, agentName: null, waitingSince: null, askedAt: null },
      );
    case "wanted":
      return want(state, action.id);
    case "queue":
      return queued(state, action.queue, action.agents);
    case "offers":
      return allOffers(state, action.offers, action.at, action.offset);
    case "offer_done":
      return withoutOffer(state, action.id);
    case "assigned":
      return assigned(state, action.conversationId, action.agentId, action.agentName, action.at);
    case "taking": {
      const taking = new Set(state.taking);
      if (action.on) taking.add(action.id);
      else taking.delete(action.id);
      return { ...state, taking };
    }
    case "watching":
      return watching(state, action.id);
    case "read":
      return change(state, action.id, (row) => (row.unread === 0 ? row : { ...row, unread: 0 }));
    case "status":
      return state.self ? { ...state, self: { ...state.self, status: action.status, reason: action.reason } } : state;
    case "notices":
      return withOwn(state, action.notices);
    case "stored":
      return stored(state, action.page, action.asked, action.offset);
    case "notices_read":
      return allRead(state);
    case "event":
      return onEvent(state, action.event, action.at, action.offset);
  }
}

function setLoad(state: DeskState, list: ListName, phase: "loading" | "failed"): DeskState {
  return { ...state, lists: { ...state.lists, [list]: { ...state.lists[list], phase } } };
}

/** Whether an event has changed who has a conversation, or how it stands, since `asked`. */
function overtaken(state: DeskState, id: string, asked: Rows | undefined): boolean {
  if (!asked) return false;
  const before = asked.get(id);
  const after = state.rows.get(id);
  return before?.status !== after?.status || before?.agentId !== after?.agentId;
}

function putAll(state: DeskState, items: readonly Overview[]): DeskState {
  const rows = new Map(state.rows);
  for (const item of items) {
    const before = rows.get(item.id);
    // An answer that was under way while newer events came must not undo them.
    if (before && before.lastSeq > item.lastSeq) {
      const { line, lastSeq, lastAt, askedAt, unread } = before;
      rows.set(item.id, { ...rowOf(item, before), line, lastSeq, lastAt, askedAt, unread });
      continue;
    }
    const row = rowOf(item, before);
    rows.set(item.id, state.watching === item.id ? { ...row, unread: 0 } : row);
  }
  return { ...state, rows };
}

function listed(state: DeskState, action: Extract<DeskAction, { type: "listed" }>): DeskState {
  const { list, items, cursor, more, asked } = action;
  const put = putAll(
    state,
    items.filter(({ id }) => !overtaken(state, id, asked)),
  );
  const ids = items.map(({ id }) => id);
  const before = more ? state.lists[list].ids.filter((id) => !ids.includes(id)) : [];
  let rows = put.rows;
  if (list === "mine" && !more && cursor === null) {
    // What is no longer among one's own was given away while nobody listened.
    const left = [...rows.values()].filter(
      (row) => row.agentId === state.me.id && !ids.includes(row.id) && !overtaken(state, row.id, asked),
    );
    if (left.length > 0) {
      const next = new Map(rows);
      for (const row of left) next.set(row.id, { ...row, agentId: null, agentName: null });
      rows = next;
    }
  }
  return { ...put, rows, lists: { ...put.lists, [list]: { phase: "ready", cursor, ids: [...before, ...ids] } } };
}

function want(state: DeskState, id: string): DeskState {
  if (state.wanted.has(id) || state.others.has(id)) return state;
  return { ...state, wanted: new Set(state.wanted).add(id) };
}

function unwant(state: DeskState, id: string): DeskState {
  if (!state.wanted.has(id)) return state;
  const wanted = new Set(state.wanted);
  wanted.delete(id);
  return { ...state, wanted };
}

function change(state: DeskState, id: string, by: (row: Row) => Row): DeskState {
  const row = state.rows.get(id);
  if (!row) return state;
  const next = by(row);
  return next === row ? state : { ...state, rows: new Map(state.rows).set(id, next) };
}

/** The row of what stands in the queue; the same one when it says so already. */
function waitingRow(row: Row, entry: QueueRow): Row {
  const status = entry.status === "offered" ? "OFFERED" : "WAITING_FOR_AGENT";
  const waitingSince = Date.parse(entry.queuedAt);
  if (row.status === status && row.agentId === null && row.waitingSince === waitingSince) return row;
  return {
    ...row,
    status,
    waitingSince,
    agentId: null,
    agentName: null,
    escalated: true,
    reason: entry.escalationReason ?? row.reason,
  };
}

function queued(state: DeskState, queue: readonly QueueRow[] | null, agents: readonly Agent[] | null): DeskState {
  let next: DeskState = { ...state, queue, agents };
  const waiting = new Map(queue?.map((entry) => [entry.conversationId, entry]));
  for (const id of waiting.keys()) if (!state.rows.has(id)) next = want(next, id);
  if (queue) {
    let rows: Map<string, Row> | null = null;
    for (const row of state.rows.values()) {
      const entry = waiting.get(row.id);
      const fits = entry ? waitingRow(row, entry) : row;
      if (fits !== row) {
        rows ??= new Map(state.rows);
        rows.set(row.id, fits);
      } else if (!entry && (row.status === "WAITING_FOR_AGENT" || row.status === "OFFERED")) {
        // It waits no longer; what it does now is not said here.
        next = want(next, row.id);
      }
    }
    if (rows) next = { ...next, rows };
  }
  const own = agents?.find((agent) => agent.agentId === state.me.id);
  if (own) {
    next = {
      ...next,
      self: { status: own.status, reason: own.reason, used: own.currentChats, limit: own.maxConcurrentChats },
    };
  }
  return next;
}

/** Times of the server in this browser's clock. */
const here = (time: string, offset: number) => Date.parse(time) - offset;

function allOffers(state: DeskState, offers: readonly Offer[], at: number, offset: number): DeskState {
  const open = offers.filter((offer) => offer.status === "pending" && offer.agentId === state.me.id);
  const views = new Map<string, OfferView>();
  let next = state;
  for (const offer of open) {
    const before = state.offers.get(offer.transferRequestId);
    const until = here(offer.expiresAt, offset);
    if (until <= at) continue;
    views.set(offer.transferRequestId, {
      id: offer.transferRequestId,
      conversationId: offer.conversationId,
      reason: before?.reason ?? null,
      note: offer.note,
      fromAgentId: offer.fromAgentId,
      since: here(offer.createdAt, offset),
      until,
    });
    if (!state.rows.has(offer.conversationId)) next = want(next, offer.conversationId);
  }
  return { ...next, offers: views };
}

function withoutOffer(state: DeskState, id: string): DeskState {
  if (!state.offers.has(id)) return state;
  const offers = new Map(state.offers);
  offers.delete(id);
  return { ...state, offers };
}

function assigned(state: DeskState, id: string, agentId: string, agentName: string, at: number): DeskState {
  const known = change(state, id, (row) => ({
    ...row,
    status: "AGENT_ASSIGNED",
    agentId,
    agentName,
    assignedAt: row.agentId === agentId ? (row.assignedAt ?? at) : at,
    // Whoever waited in the queue still waits for a first answer.
    askedAt: row.askedAt ?? row.waitingSince,
    waitingSince: null,
  }));
  const next = known.rows.has(id) ? known : want(known, id);
  const over = [...next.offers.values()].filter((offer) => offer.conversationId === id);
  return over.reduce((so, offer) => withoutOffer(so, offer.id), next);
}

function watching(state: DeskState, id: string | null): DeskState {
  if (state.watching === id) return state;
  const next = { ...state, watching: id };
  return id ? change(next, id, (row) => (row.unread === 0 ? row : { ...row, unread: 0 })) : next;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim().slice(0, PREVIEW);

function onMessage(state: DeskState, message: Message | Note, at: number, offset: number): DeskState {
  if (isNote(message)) return state;
  if (!state.rows.has(message.conversationId)) return want(state, message.conversationId);
  return change(state, message.conversationId, (row) => {
    if (message.seq <= row.lastSeq) return row;
    const sent = Math.min(here(message.createdAt, offset), at);
    const line: Line = {
      seq: message.seq,
      by: message.senderRole,
      name: message.senderName,
      text: oneLine(message.content),
      at: sent,
    };
    const mine = message.senderId === state.me.id;
    const seen = mine || state.watching === row.id || message.senderRole === "system";
    return {
      ...row,
      line: message.senderRole === "system" ? row.line : line,
      lastSeq: message.seq,
      lastAt: sent,
      typing: message.senderRole === "customer" ? false : row.typing,
      unread: mine ? 0 : seen ? row.unread : row.unread + 1,
      askedAt:
        message.senderRole === "customer" ? (row.askedAt ?? sent) : message.senderRole === "agent" ? null : row.askedAt,
    };
  });
}

function onAgentNotice(state: DeskState, notice: AgentNotification, at: number, offset: number): DeskState {
  switch (notice.type) {
    case "NEW_CONVERSATION_ASSIGNED": {
      const next = assigned(state, notice.conversationId, state.me.id, state.me.name, at);
      if (state.taking.has(notice.conversationId)) return next;
      return note(next, "assigned", at, {
        conversationId: notice.conversationId,
        name: notice.userName,
        text: notice.summary,
      });
    }
    case "NEW_TRANSFER_REQUEST": {
      const offer: OfferView = {
        id: notice.transferRequestId,
        conversationId: notice.conversationId,
        reason: notice.reason,
        note: notice.note ?? null,
        fromAgentId: notice.fromAgentId ?? null,
        since: at,
        until: here(notice.expiresAt, offset),
      };
      const next = { ...state, offers: new Map(state.offers).set(offer.id, offer) };
      const known = state.rows.has(offer.conversationId) ? next : want(next, offer.conversationId);
      return note(known, "offered", at, { conversationId: offer.conversationId, text: offer.note ?? offer.reason });
    }
    case "TRANSFER_RESCINDED": {
      // One's own transfer that nobody took: the conversation has stayed.
      if (notice.reason === "not_taken")
        return note(state, "transfer_refused", at, { conversationId: notice.conversationId });
      if (!state.offers.has(notice.transferRequestId)) return state;
      const kind =
        notice.reason === "taken" ? "offer_taken" : notice.reason === "timed_out" ? "offer_missed" : "offer_canceled";
      return note(withoutOffer(state, notice.transferRequestId), kind, at, notice);
    }
    case "CONVERSATION_UNASSIGNED": {
      const next = change(state, notice.conversationId, (row) =>
        row.agentId === state.me.id ? { ...row, agentId: null, agentName: null, askedAt: null } : row,
      );
      // Who has it now, if anybody, is not said here.
      const asked = next.rows.has(notice.conversationId) ? want(next, notice.conversationId) : next;
      // What somebody gave away or closed by hand is no news to them.
      if (["released", "closed"].includes(notice.reason)) return asked;
      const kind = notice.reason === "transferred" ? "transferred" : "unassigned";
      return note(asked, kind, at, { conversationId: notice.conversationId, text: notice.reason });
    }
    case "WORKLOAD_UPDATED":
      return {
        ...state,
        self: {
          status: notice.status,
          reason: state.self?.status === notice.status ? state.self.reason : null,
          used: notice.currentChats,
          limit: notice.maxConcurrentChats,
        },
      };
    case "CUSTOMER_LEFT":
      return note(
        change(state, notice.conversationId, (row) => ({ ...row, customerHere: false, typing: false })),
        "customer_left",
        at,
        { conversationId: notice.conversationId },
      );
    case "CUSTOMER_RETURNED":
      return change(state, notice.conversationId, (row) => ({ ...row, customerHere: true }));
  }
}

function onEvent(state: DeskState, event: DeskEvent, at: number, offset: number): DeskState {
  switch (event.type) {
    case "new_message":
    case "ai_message":
      return onMessage(state, event.data, at, offset);
    case "message_read":
      if (event.data.userId !== state.me.id) return state;
      return change(state, event.data.conversationId, (row) => {
        const unread = Math.min(row.unread, Math.max(0, row.lastSeq - event.data.seq));
        return unread === row.unread ? row : { ...row, unread };
      });
    case "user_typing":
    case "user_stop_typing": {
      const typing = event.type === "user_typing";
      return change(state, event.data.conversationId, (row) =>
        event.data.userId !== row.customerId || row.typing === typing ? row : { ...row, typing },
      );
    }
    case "presence":
      return change(state, event.data.conversationId, (row) =>
        event.data.userId === row.customerId
          ? { ...row, customerHere: event.data.online, typing: event.data.online && row.typing }
          : row,
      );
    case "escalation_requested":
      return change(state, event.data.conversationId, (row) => ({
        ...row,
        escalated: true,
        reason: event.data.reason ?? row.reason,
      }));
    case "agent_joined": {
      const { conversationId, agentId, agentName, timestamp } = event.data;
      if (!state.rows.has(conversationId) && agentId !== state.me.id) return state;
      return assigned(state, conversationId, agentId, agentName, here(timestamp, offset));
    }
    case "agent_left":
      return change(state, event.data.conversationId, (row) =>
        row.agentId === event.data.agentId ? { ...row, agentId: null, agentName: null } : row,
      );
    case "conversation_updated":
      return onUpdated(state, event.data, at);
    case "conversation_closed":
      return change(state, event.data.conversationId, (row) => ({
        ...row,
        status: "CLOSED",
        closedAt: row.closedAt ?? at,
        closeReason: event.data.reason,
        waitingSince: null,
        askedAt: null,
        typing: false,
        unread: 0,
      }));
    case "notification_count":
      return counted(state, event.data);
    case "agent_notification":
      return onAgentNotice(state, event.data, at, offset);
    case "staff_data": {
      const { status, currentChats, maxConcurrentChats } = event.data.workload;
      const reason = state.self?.status === status ? state.self.reason : null;
      return { ...state, self: { status, reason, used: currentChats, limit: maxConcurrentChats } };
    }
    case "staff_status_updated":
      if (event.data.staffId !== state.me.id || !state.self || state.self.status === event.data.status) return state;
      return { ...state, self: { ...state.self, status: event.data.status, reason: null } };
    default:
      return state;
  }
}

function onUpdated(state: DeskState, data: ServerEvents["conversation_updated"], at: number): DeskState {
  const { conversationId, status, assignedAgentId } = data;
  if (data.kind && data.kind !== "support")
    return state.others.has(conversationId) ? state : { ...state, others: new Set(state.others).add(conversationId) };
  if (!state.rows.has(conversationId)) return assignedAgentId === state.me.id ? want(state, conversationId) : state;
  return change(state, conversationId, (row) => ({
    ...row,
    status,
    agentId: assignedAgentId,
    agentName:
      assignedAgentId === row.agentId
        ? row.agentName
        : assignedAgentId === null
          ? null
          : (state.agents?.find((agent) => agent.agentId === assignedAgentId)?.name ??
            (assignedAgentId === state.me.id ? state.me.name : null)),
    assignedAt: assignedAgentId === row.agentId ? row.assignedAt : assignedAgentId === null ? null : at,
    waitingSince: status === "WAITING_FOR_AGENT" || status === "OFFERED" ? (row.waitingSince ?? at) : null,
    escalated: row.escalated || status === "WAITING_FOR_AGENT" || status === "OFFERED",
    closedAt: status === "CLOSED" ? (row.closedAt ?? at) : row.closedAt,
  }));
}
