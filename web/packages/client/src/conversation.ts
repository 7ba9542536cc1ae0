import type { Calls } from "./calls.ts";
import { notifier, randomId } from "./environment.ts";
import { SwitchboardError } from "./errors.ts";
import type {
  Assigned,
  ConversationStatus,
  EscalationStatus,
  Joined,
  Message,
  Note,
  Participant,
  QueuePlace,
  ServerEvents,
  Started,
} from "./protocol.ts";
import type { ConversationDetail, Rest } from "./rest.ts";
import { createTimeline, type Pending } from "./timeline.ts";
import type {
  AssignedAgent,
  Conversation,
  ConversationSnapshot,
  Escalation,
  Identity,
  OutboxEntry,
  Outgoing,
  SendOptions,
  StreamingReply,
  TimelineMessage,
} from "./types.ts";

/** Messages that are shown at first. */
const FIRST = 50;
/** Messages of one sender may overtake another's a little; only then is something missing. */
const GAP_PATIENCE = 500;
/** The server forgets a typing mark after 6 s; a lost end of it is made up for here. */
const TYPING_ENDS = 7_000;
const TYPING_AGAIN = 3_000;
const TYPING_IDLE = 5_000;

/** What a conversation needs of its client. */
export interface Host {
  readonly calls: Calls;
  readonly rest: Rest;
  readonly timeout: number;
  me(): Identity | null;
  connected(): boolean;
  now(): number;
  /** Sends without an answer. */
  fire(type: string, data: unknown): void;
  deliver(entry: Omit<OutboxEntry, "owner" | "order">): void;
  /** It is stored, or not wanted any more. */
  settled(clientId: string): void;
  /** Sends again what was refused. */
  again(clientId: string): void;
  changed(): void;
  arrived(conversation: Conversation, message: TimelineMessage): void;
}

/** A conversation with the side that only its client sees. */
export interface Model {
  readonly api: Conversation;
  /** It is watched, and where it stands is known: a new link resumes it. */
  resumable(): boolean;
  last(): number;
  newestAt(): string;
  pending(): number;
  /** An event of the server that carries this conversation's id. */
  take(type: string, data: unknown): void;
  /** The link is lost. */
  lost(): void;
  /** Everything up to `head` has come; null = the server does not know it for this user. */
  resumed(head: number | null): void;
  /** The server's newest number. */
  head(seq: number): void;
  /** The numbers belong to another history. */
  reset(): void;
  /** The server knows it now. */
  adopt(started: Started): void;
  /** What was typed in an earlier life of this page. */
  restore(entry: OutboxEntry): void;
  sending(clientId: string, on: boolean): void;
  acknowledged(clientId: string, ack: { messageId: string; seq?: number; createdAt: string }): void;
  refused(clientId: string, error: SwitchboardError): void;
  destroy(): void;
}

type Event<T extends keyof ServerEvents> = ServerEvents[T];
type Timer = ReturnType<typeof setTimeout>;

/** `clientId` of the message that a `start_conversation` brings with it, as the server makes it. */
export const firstMessageId = (clientId: string): string => `start:${Array.from(clientId).slice(0, 120).join("")}`;

/** A conversation: known by `id`, or begun here under the client id `key`. */
export function createConversation(host: Host, key: string, known: string | null): Model {
  const { calls, rest } = host;
  const timeline = createTimeline();
  const told = notifier();
  const typists = new Map<string, { userName: string; timer: Timer }>();
  const outgoing = new Map<
    string,
    { resolve(stored: { messageId: string; createdAt: string }): void; reject(error: SwitchboardError): void }
  >();
  let id = known;
  let found: (id: string) => void = () => {};
  const ready = new Promise<string>((resolve) => {
    found = resolve;
  });
  if (id) found(id);

  let pending: Pending[] = [];
  let notes: Note[] = [];
  let status: ConversationStatus | null = null;
  let participants: readonly Participant[] = [];
  let presence: Readonly<Record<string, boolean>> = {};
  let escalation: Escalation | null = null;
  let requested: ConversationSnapshot["escalationRequested"] = null;
  let agent: AssignedAgent | null = null;
  let streaming: (StreamingReply & { next: number; stale: boolean }) | null = null;
  let closeReason: string | null = null;
  let error: SwitchboardError | null = null;
  let watched = false;
  let opening: Promise<void> | null = null;
  let loading = false;
  let loadingOlder: Promise<boolean> | null = null;
  /** The server has told everything up to its head since the link is up. */
  let synced = false;
  let head = 0;
  /** Messages up to here are history: no bell rings for them. */
  let quiet = Number.POSITIVE_INFINITY;
  let lastRead: number | null = null;
  /** How far everybody's devices got what was written. */
  const delivered = new Map<string, number>();
  let readWanted = 0;
  let readTold = 0;
  let telling = false;
  let typedAt = 0;
  let idle: Timer | undefined;
  let repairing: Timer | undefined;
  let repairs = 0;
  let snapshot: ConversationSnapshot | null = null;

  const myId = () => host.me()?.userId ?? null;

  function changed(): void {
    snapshot = null;
    told.changed();
    host.changed();
  }

  /** How far the other side has read: for staff the customer, for a customer anybody else. */
  function readUpTo(): number {
    const staff = host.me()?.isStaff ?? false;
    return participants.reduce(
      (most, one) =>
        one.userId === myId() || (staff && one.role === "staff") ? most : Math.max(most, one.lastReadSeq),
      0,
    );
  }

  /** How far it has come to the other side: a colleague who has it says nothing about the customer. */
  function deliveredUpTo(): number {
    const staff = host.me()?.isStaff ?? false;
    const colleague = (userId: string) =>
      staff && participants.some((one) => one.userId === userId && one.role === "staff");
    return [...delivered].reduce(
      (most, [userId, seq]) => (userId === myId() || colleague(userId) ? most : Math.max(most, seq)),
      0,
    );
  }

  function arrived(userId: string, seq: number): void {
    delivered.set(userId, Math.max(delivered.get(userId) ?? 0, seq));
  }

  const viewer = () => ({ userId: myId(), readUpTo: readUpTo(), deliveredUpTo: deliveredUpTo() });

  function live(): boolean {
    return host.connected() && synced && !timeline.gap() && timeline.last() >= head;
  }

  function make(): ConversationSnapshot {
    const role = host.me()?.isStaff ? "agent" : "customer";
    const read = lastRead ?? 0;
    return {
      id,
      status,
      messages: timeline.list(viewer(), pending, role),
      streaming: streaming && { messageId: streaming.messageId, text: streaming.text },
      typing: [...typists].map(([userId, { userName }]) => ({ userId, userName })),
      participants,
      presence,
      escalation,
      escalationRequested: requested,
      agent,
      unread: lastRead === null ? 0 : timeline.unread(read, myId()),
      lastReadSeq: read,
      lastSeq: timeline.last(),
      hasOlder: (timeline.base() ?? 0) > 0,
      loading: loading || loadingOlder !== null,
      live: live(),
      error,
      closeReason,
      notes,
    };
  }

  const how = { timeout: host.timeout };

  function command<T>(type: string, data: Record<string, unknown> = {}): Promise<T> {
    return ready.then((conversationId) => calls.call<T>(type, { conversationId, ...data }, how));
  }

  /** What fails here shows in the snapshot, or is tried again. */
  const quietly = (work: Promise<unknown>) => void work.catch(() => {});

  // ---- messages ----

  function shown(fresh: readonly Message[]): void {
    for (const message of fresh) {
      if (message.senderId !== null) stopped(message.senderId);
      if (streaming?.messageId === message.messageId) streaming = null;
      const mine = message.senderId !== null && message.senderId === myId();
      if (mine && message.clientId) stored(message.clientId, message);
      if (!mine && message.seq > quiet && message.senderRole !== "system") {
        host.arrived(api, timeline.show(viewer(), message));
      }
      // Whoever writes has read what is above.
      if (mine && lastRead !== null) lastRead = Math.max(lastRead, message.seq);
    }
    if (timeline.gap()) repair();
    else repairs = 0;
    changed();
  }

  function stored(clientId: string, message: { messageId: string; createdAt: string }): void {
    pending = pending.filter((one) => one.clientId !== clientId);
    outgoing.get(clientId)?.resolve({ messageId: message.messageId, createdAt: message.createdAt });
    outgoing.delete(clientId);
    host.settled(clientId);
  }

  function ingest(message: Message): void {
    if (timeline.base() === null && !opening) {
      // It speaks to us before anybody looked: the story begins here, and the rest is fetched when somebody does.
      timeline.begin(message.seq - 1);
      lastRead ??= message.seq - 1;
      quiet = message.seq - 1;
      watched = true;
      synced = true;
    }
    head = Math.max(head, message.seq);
    shown(timeline.add(message));
  }

  function repair(): void {
    if (repairing !== undefined || !id || timeline.base() === null) return;
    const conversationId = id;
    repairing = setTimeout(
      () => {
        repairing = undefined;
        if (!host.connected() || !(timeline.gap() || timeline.last() < head)) return;
        repairs += 1;
        calls
          .call(
            "resume",
            { conversations: [{ conversationId, lastSeq: timeline.last() }] },
            { timeout: host.timeout, once: true },
          )
          .catch(() => {})
          .then(() => {
            if (timeline.gap() || timeline.last() < head) repair();
          });
      },
      GAP_PATIENCE * 2 ** Math.min(repairs, 7),
    );
  }

  function noted(note: Note): void {
    if (notes.some((one) => one.noteSeq === note.noteSeq)) return;
    const hole = notes.length > 0 && note.noteSeq > (notes.at(-1)?.noteSeq ?? 0) + 1;
    notes = [...notes, note].sort((a, b) => a.noteSeq - b.noteSeq);
    if (hole) quietly(loadNotes());
    changed();
  }

  async function loadNotes(): Promise<void> {
    const conversationId = await ready;
    let after = 0;
    for (;;) {
      const page = await rest.request<{ items: Note[]; lastNoteSeq: number }>(
        "GET",
        `/conversations/${encodeURIComponent(conversationId)}/notes`,
        { query: { after } },
      );
      const known = new Map([...notes, ...page.items].map((note) => [note.noteSeq, note]));
      notes = [...known.values()].sort((a, b) => a.noteSeq - b.noteSeq);
      const reached = page.items.at(-1)?.noteSeq ?? after;
      if (reached <= after || reached >= page.lastNoteSeq) break;
      after = reached;
    }
    changed();
  }

  // ---- how it stands ----

  function joined(ack: Joined): void {
    head = Math.max(head, ack.lastSeq);
    status = ack.status;
    people(ack.participants);
    if (lastRead === null) lastRead = ack.lastSeq;
    error = null;
    changed();
  }

  function people(list: readonly Participant[]): void {
    // A mark may have overtaken the list.
    const read = new Map(participants.map((one) => [one.userId, one.lastReadSeq]));
    participants = list.map((one) => ({ ...one, lastReadSeq: Math.max(one.lastReadSeq, read.get(one.userId) ?? 0) }));
    for (const one of list) if (one.deliveredSeq !== undefined) arrived(one.userId, one.deliveredSeq);
    const me = list.find((one) => one.userId === myId());
    if (me) lastRead = Math.max(me.lastReadSeq, lastRead ?? 0);
  }

  async function sync(): Promise<void> {
    const conversationId = await ready;
    loading = timeline.base() === null;
    changed();
    try {
      const call = (lastSeq?: number) =>
        calls.call<Joined>("join", { conversationId, ...(lastSeq === undefined ? {} : { lastSeq }) }, how);
      if (timeline.base() === null) {
        const ack = await call();
        quiet = ack.lastSeq;
        joined(ack);
        shown(timeline.begin(Math.max(0, ack.lastSeq - FIRST)));
      }
      joined(await call(timeline.last()));
      synced = true;
    } catch (cause) {
      error = cause as SwitchboardError;
      opening = null;
      throw cause;
    } finally {
      loading = false;
      changed();
    }
    if (timeline.last() < head) repair();
    quietly(refresh());
  }

  function record(detail: ConversationDetail): void {
    status = detail.status;
    closeReason = detail.closeReason;
    people(detail.participants);
    owner(detail.assignedAgentId);
    head = Math.max(head, detail.lastSeq);
    if (detail.status === "CLOSED") over(detail.closeReason);
    else if (detail.escalationRequested && !agent) requested ??= { reason: detail.escalationReason };
  }

  function owner(agentId: string | null, agentName?: string): void {
    if (agentId === null) agent = null;
    else if (agent?.agentId !== agentId || (agentName && agentName !== agent.agentName)) {
      agent = { agentId, agentName: agentName ?? participants.find((one) => one.userId === agentId)?.name ?? "" };
    }
  }

  async function refresh(): Promise<void> {
    const conversationId = await ready;
    record(await rest.conversation(conversationId));
    if (status === "WAITING_FOR_AGENT" || status === "OFFERED" || escalation) {
      stands(await rest.queueStatus(conversationId));
    }
    changed();
  }

  function stands(next: EscalationStatus): Escalation {
    if (next.status === "ASSIGNED" || next.status === "ALREADY_ASSIGNED") owner(next.agentId, next.agentName);
    if (next.status !== "NONE") requested = null;
    const at: Escalation = { ...next, since: host.now() };
    escalation = next.status === "NONE" ? null : at;
    return at;
  }

  function over(reason: string | null): void {
    status = "CLOSED";
    closeReason = reason;
    streaming = null;
    requested = null;
    for (const userId of [...typists.keys()]) stopped(userId);
  }

  function stopped(userId: string): void {
    clearTimeout(typists.get(userId)?.timer);
    typists.delete(userId);
  }

  // ---- events ----

  const handlers: { [T in keyof ServerEvents]?: (data: Event<T>) => void } = {
    new_message(data) {
      if ("internal" in data) noted(data);
      else ingest(data);
    },
    ai_message: ingest,
    message_updated(data) {
      // Of what nobody has looked at the newest wording is fetched.
      if (timeline.base() !== null) shown(timeline.add(data));
    },
    message_deleted: ({ seq, deletedAt }) => timeline.remove(seq, deletedAt),
    ai_message_start({ messageId, text, index }) {
      // A reply that is stored already is not begun again by a late line.
      if (!timeline.holds(messageId)) streaming = { messageId, text, next: index, stale: false };
    },
    ai_message_delta({ messageId, delta, index }) {
      // After a hole nothing fits any more; the stored message, or another start, has all of it.
      if (streaming?.messageId === messageId && index === streaming.next) {
        streaming = { ...streaming, text: streaming.text + delta, next: index + 1, stale: false };
      }
    },
    ai_message_dropped({ messageId }) {
      if (streaming?.messageId === messageId) streaming = null;
    },
    user_typing({ userId, userName }) {
      if (userId === myId()) return;
      stopped(userId);
      const timer = setTimeout(() => {
        stopped(userId);
        changed();
      }, TYPING_ENDS);
      typists.set(userId, { userName, timer });
    },
    user_stop_typing: ({ userId }) => stopped(userId),
    message_read({ userId, seq, readAt }) {
      if (userId === myId()) lastRead = Math.max(lastRead ?? 0, seq);
      if (participants.some((one) => one.userId === userId)) {
        participants = participants.map((one) =>
          one.userId === userId && one.lastReadSeq < seq ? { ...one, lastReadSeq: seq } : one,
        );
        return;
      }
      // Whoever is not known yet came later: somebody of the staff. The server says more about them.
      const name = agent?.agentId === userId ? agent.agentName : "";
      participants = [
        ...participants,
        { userId, name, role: "staff", lastReadSeq: seq, joinedAt: readAt, leftAt: null },
      ];
      quietly(refresh());
    },
    message_delivered: ({ userId, seq }) => arrived(userId, seq),
    presence({ userId, online }) {
      presence = { ...presence, [userId]: online };
    },
    chat_session_restored(data) {
      const first = data.history[0];
      if (first && timeline.base() === null) {
        timeline.begin(first.seq - 1);
        quiet = data.history.at(-1)?.seq ?? 0;
      } else if (!first) {
        timeline.begin(0);
        quiet = 0;
      }
      status = data.status;
      owner(data.agent?.agentId ?? null, data.agent?.agentName);
      for (const message of data.history) ingest(message);
      watched = true;
      opening ??= sync();
      quietly(opening);
    },
    escalation_requested({ reason }) {
      requested = { reason };
    },
    escalation_status({ conversationId: _, ...next }) {
      stands(next as EscalationStatus);
    },
    queue_update({ conversationId: _, ...place }) {
      const now = escalation?.status === "OFFERED" ? "OFFERED" : "QUEUED";
      stands({ status: now, ...(place as QueuePlace) });
    },
    agent_joined({ agentId, agentName }) {
      stands({ status: "ASSIGNED", agentId, agentName });
    },
    agent_left({ agentId }) {
      if (agent?.agentId === agentId) agent = null;
      if (escalation && "agentId" in escalation && escalation.agentId === agentId) escalation = null;
    },
    conversation_updated(data) {
      status = data.status;
      owner(data.assignedAgentId);
      if (status === "ACTIVE" && escalation && "position" in escalation) escalation = null;
    },
    conversation_closed: ({ reason }) => over(reason),
  };

  // ---- what a person does ----

  /** The first message goes with the start. */
  const entryOf = (clientId: string) => (clientId === firstMessageId(key) ? key : clientId);

  function put(one: Pending): void {
    const at = pending.findIndex((other) => other.clientId === one.clientId);
    pending = at < 0 ? [...pending, one] : pending.map((other, place) => (place === at ? one : other));
    changed();
  }

  function mark(clientId: string, change: Partial<Pending>): void {
    const one = pending.find((other) => other.clientId === clientId);
    if (one) put({ ...one, ...change });
  }

  function send(content: string, options: SendOptions = {}): Outgoing {
    const clientId = options.clientId ?? randomId();
    const at = new Date(host.now()).toISOString();
    const promise = new Promise<{ messageId: string; createdAt: string }>((resolve, reject) => {
      outgoing.set(clientId, { resolve, reject });
    });
    // Who does not look at it sees the mark.
    promise.catch(() => {});
    stopTyping();
    put({
      clientId,
      content,
      replyTo: options.replyTo ?? null,
      metadata: options.metadata ?? null,
      at,
      mark: "queued",
      error: null,
    });
    const data: Record<string, unknown> = { content };
    if (options.replyTo !== undefined) data.replyTo = options.replyTo;
    if (options.metadata !== undefined) data.metadata = options.metadata;
    host.deliver({ clientId, kind: "message", conversation: id ?? key, data, at });
    return { clientId, stored: promise };
  }

  function tellRead(): void {
    if (telling || !id || readWanted <= readTold || !host.connected()) return;
    telling = true;
    const seq = readWanted;
    calls
      .call("mark_read", { conversationId: id, seq }, how)
      .then(
        () => {
          readTold = Math.max(readTold, seq);
        },
        // Refused: it is not asked again; lost: the next link tells it.
        (cause: SwitchboardError) => {
          if (!cause.retryable) readTold = Math.max(readTold, seq);
        },
      )
      .finally(() => {
        telling = false;
        tellRead();
      });
  }

  function stopTyping(): void {
    clearTimeout(idle);
    if (typedAt === 0) return;
    typedAt = 0;
    if (id) host.fire("typing_stop", { conversationId: id });
  }

  const api: Conversation = {
    key,
    get id() {
      return id;
    },
    ready,
    getSnapshot() {
      snapshot ??= make();
      return snapshot;
    },
    subscribe: told.subscribe,
    open() {
      watched = true;
      opening ??= sync();
      return opening;
    },
    leave() {
      if (!watched) return;
      watched = false;
      opening = null;
      synced = false;
      if (id && host.connected()) {
        calls.call("leave", { conversationId: id }, how).catch(() => {});
      }
      changed();
    },
    loadOlder(limit = FIRST) {
      const before = timeline.base();
      if (!id || before === null || before <= 0) return Promise.resolve(false);
      loadingOlder ??= rest
        .messages(id, { before: before + 1, limit })
        .then(({ items }) => {
          timeline.prepend(items);
          return (timeline.base() ?? 0) > 0;
        })
        .finally(() => {
          loadingOlder = null;
          changed();
        });
      changed();
      return loadingOlder;
    },
    refresh,
    send,
    retry(clientId) {
      if (!pending.some((one) => one.clientId === clientId && one.mark === "failed")) return;
      mark(clientId, { mark: "queued", error: null });
      host.again(entryOf(clientId));
    },
    discard(clientId) {
      if (!pending.some((one) => one.clientId === clientId)) return;
      pending = pending.filter((one) => one.clientId !== clientId);
      outgoing.get(clientId)?.reject(new SwitchboardError("closed", "discarded"));
      outgoing.delete(clientId);
      host.settled(entryOf(clientId));
      changed();
    },
    markRead(seq = timeline.last()) {
      if (seq <= (lastRead ?? 0) && seq <= readWanted) return;
      if (seq > (lastRead ?? 0)) {
        lastRead = seq;
        changed();
      }
      readWanted = Math.max(readWanted, seq);
      tellRead();
    },
    typing() {
      clearTimeout(idle);
      idle = setTimeout(stopTyping, TYPING_IDLE);
      if (!id || host.now() - typedAt < TYPING_AGAIN) return;
      typedAt = host.now();
      host.fire("typing_start", { conversationId: id });
    },
    stopTyping,
    async escalate(options = {}) {
      const at = stands(await command<EscalationStatus>("escalate", options));
      changed();
      return at;
    },
    async cancelEscalation() {
      stands(await command<EscalationStatus>("cancel_escalation"));
      changed();
    },
    async close(reason) {
      await command("close_conversation", reason === undefined ? {} : { reason });
    },
    async rate(score, comment) {
      await command("rate_conversation", comment === undefined ? { score } : { score, comment });
    },
    async assignToMe() {
      return assigned(await command<Assigned>("assign_to_me"));
    },
    async assign(agentId) {
      return assigned(await command<Assigned>("assign", { agentId }));
    },
    transfer: (to, note) => command("transfer", { ...to, ...(note === undefined ? {} : { note }) }),
    async release(to) {
      await command("release", { to });
    },
    async addNote(content, options = {}) {
      await command("send_message", { content, internal: true, clientId: options.clientId ?? randomId() });
    },
    loadNotes,
  };

  function assigned({ agentId, agentName }: Assigned): AssignedAgent {
    const now = { agentId, agentName };
    agent = now;
    changed();
    return now;
  }

  return {
    api,
    resumable: () => watched && id !== null && timeline.base() !== null,
    last: timeline.last,
    newestAt: () => pending.at(-1)?.at ?? timeline.newest()?.createdAt ?? "",
    pending: () => pending.length,
    take(type, data) {
      const handler = (handlers as Record<string, ((data: unknown) => void) | undefined>)[type];
      if (!handler) return;
      handler(data);
      changed();
    },
    lost() {
      synced = false;
      if (streaming) streaming = { ...streaming, stale: true };
      for (const userId of [...typists.keys()]) stopped(userId);
      typedAt = 0;
      clearTimeout(repairing);
      repairing = undefined;
      changed();
    },
    resumed(now) {
      if (now === null) {
        watched = false;
        opening = null;
        error = new SwitchboardError("not_found");
      } else {
        synced = true;
        head = Math.max(head, now);
        if (streaming?.stale) streaming = null;
        if (timeline.last() < head) repair();
        quietly(refresh());
        tellRead();
      }
      changed();
    },
    head(seq) {
      if (seq <= timeline.last()) return;
      head = Math.max(head, seq);
      repair();
    },
    reset() {
      timeline.reset();
      head = 0;
      quiet = Number.POSITIVE_INFINITY;
      lastRead = null;
      readWanted = 0;
      readTold = 0;
      delivered.clear();
      notes = [];
      streaming = null;
      opening = null;
      changed();
      if (watched && id) quietly(api.open());
    },
    adopt(started) {
      id = started.conversationId;
      if (started.escalation) stands(started.escalation);
      if (!started.duplicate) {
        shown(timeline.begin(0));
        quiet = 0;
        lastRead = 0;
      }
      const first = pending.find((one) => one.clientId === firstMessageId(key));
      if (first && started.firstMessage) {
        acknowledged(first, { ...started.firstMessage });
        stored(first.clientId, started.firstMessage);
      }
      found(id);
      quietly(api.open());
      changed();
    },
    restore(entry) {
      const content = entry.kind === "start" ? entry.data.firstMessage : entry.data.content;
      if (typeof content !== "string") return;
      put({
        clientId: entry.kind === "start" ? firstMessageId(entry.clientId) : entry.clientId,
        content,
        replyTo: typeof entry.data.replyTo === "string" ? entry.data.replyTo : null,
        metadata: entry.kind === "start" ? null : (entry.data.metadata ?? null),
        at: entry.at,
        mark: entry.failed ? "failed" : "queued",
        error: entry.failed ? new SwitchboardError(entry.failed) : null,
      });
    },
    sending: (clientId, on) => mark(clientId, { mark: on ? "sending" : "queued" }),
    acknowledged(clientId, ack) {
      const one = pending.find((other) => other.clientId === clientId);
      if (!one) return;
      if (ack.seq !== undefined && timeline.base() !== null) acknowledged(one, { ...ack, seq: ack.seq });
      // What is shown already (another page sent it first), or will be once somebody looks, is not pending any more.
      if (ack.seq === undefined || timeline.base() === null || ack.seq <= timeline.last()) stored(clientId, ack);
      changed();
    },
    refused(clientId, why) {
      mark(clientId, { mark: "failed", error: why });
      outgoing.get(clientId)?.reject(why);
      outgoing.delete(clientId);
    },
    destroy() {
      clearTimeout(idle);
      clearTimeout(repairing);
      for (const { timer } of typists.values()) clearTimeout(timer);
    },
  };

  /** The acknowledgement says all that the server's own line would: no need to wait for it. */
  function acknowledged(one: Pending, ack: { messageId: string; seq: number; createdAt: string }): void {
    ingest({
      messageId: ack.messageId,
      conversationId: id ?? "",
      seq: ack.seq,
      senderId: myId(),
      senderName: participants.find((other) => other.userId === myId())?.name ?? "",
      senderRole: host.me()?.isStaff ? "agent" : "customer",
      content: one.content,
      messageType: "text",
      aiGenerated: false,
      clientId: one.clientId,
      ...(one.replyTo === null ? {} : { replyTo: one.replyTo }),
      metadata: one.metadata,
      createdAt: ack.createdAt,
    });
  }
}
