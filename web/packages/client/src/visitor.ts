import { randomId, subjectOf, surroundings, TIMING } from "./environment.ts";
import { SwitchboardError } from "./errors.ts";
import { ownLink } from "./link.ts";
import type { ErrorBody } from "./protocol.generated.ts";
import type {
  ConversationStatus,
  EscalationStatus,
  Joined,
  Message,
  Participant,
  Pong,
  QueuePlace,
  SentMessage,
  ServerEvents,
  Started,
} from "./protocol.ts";
import type { ConversationDetail, ConversationRecord, Page, TokenAnswer } from "./rest.ts";
import type {
  ConnectionState,
  ConversationSnapshot,
  Environment,
  Link,
  LinkEvents,
  LinkFactory,
  OutboxEntry,
  OutboxStore,
  StartOptions,
  StreamingReply,
  TimelineMessage,
  Timing,
  TokenReason,
  TypingUser,
} from "./types.ts";

/** Messages that are fetched at a time. */
const SOME = 50;
/** Messages may overtake each other a little; only then is something missing. */
const GAP_PATIENCE = 500;
/** The server forgets a typing mark after 6 s; a lost end of it is made up for here. */
const TYPING_ENDS = 7_000;
const TYPING_AGAIN = 3_000;
const TYPING_IDLE = 5_000;

/** What {@link createVisitor} needs. */
export interface VisitorClientOptions {
  /** The server, without a slash at the end. */
  url: string;
  chatbotId: string;
  outbox: OutboxStore;
  tabs?: LinkFactory;
  environment?: Partial<Environment>;
  timing?: Partial<Timing>;
  /** Something is different. Called often: draw later, once for many. */
  changed(): void;
  /** Somebody else wrote something new. */
  arrived(message: Message): void;
  /** The link is up, as somebody whose conversations are not known here. */
  welcome(): void;
  /** A conversation speaks, or waits to be sent, and none is shown. */
  found(id: string): void;
}

/** A message as it is shown: a part of what the whole client says of one. */
export type VisitorMessage = Pick<TimelineMessage, "key" | "seq" | "mine" | "mark" | "content" | "createdAt"> &
  Partial<
    Pick<Message, "messageId" | "senderId" | "senderName" | "senderRole" | "metadata" | "deletedAt" | "clientId">
  >;

/** What is shown of the conversation. */
export type VisitorTalk = Pick<
  ConversationSnapshot,
  "id" | "status" | "streaming" | "escalation" | "agent" | "unread"
> & {
  readonly messages: readonly VisitorMessage[];
  /** The assistant or the visitor's words ask for a human: show the button. Null once it was answered. */
  readonly requested: { readonly reason: string | null } | null;
  /** Who is writing. */
  readonly typist: TypingUser | null;
  /** How far this visitor has read. */
  readonly lastRead: number;
  /** What the visitor said of it, 1 to 5. */
  readonly rated: number | null;
};

interface Talk {
  /** The client id of its start, or its id. */
  key: string;
  id: string | null;
  ready: Promise<string>;
  begun: (id: string) => void;
  status: ConversationStatus | null;
  agent: ConversationSnapshot["agent"];
  escalation: ConversationSnapshot["escalation"];
  requested: ConversationSnapshot["escalationRequested"];
  rated: number | null;
  typist: TypingUser | null;
  streaming: (StreamingReply & { index: number; stale?: boolean }) | null;
  /** By number, those too that wait behind a hole. */
  held: Map<number, Message>;
  /** The number before the first one that is shown; null until it is known. */
  base: number | null;
  /** The last one that is shown: there is no hole up to it. */
  last: number;
  /** The newest that was heard of. */
  head: number;
  /** Messages up to here are history: no bell rings for them. */
  quiet: number;
  /** How far this visitor, and the others, have read; how far it came to their devices. */
  lastRead: number;
  readTo: number;
  gotTo: number;
}

/** A frame that waits for its answer. */
interface Call {
  frame: { type: string; data: unknown; id: string };
  resolve(ack: never): void;
  reject(error: SwitchboardError): void;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * A client for one visitor and one conversation at a time, in half the size of {@link createClient}: what a widget needs.
 *
 * One command does for opening, resuming and repairing alike: `join` from the last number without a hole. Whatever is
 * sent is sent again until it is answered; client ids make that harmless.
 */
export function createVisitor(options: VisitorClientOptions) {
  const { url, chatbotId, outbox, changed } = options;
  const environment = surroundings(options.environment);
  const timing = { ...TIMING, ...options.timing };
  const { now } = environment;
  const place = `switchboard-visitor:${url}:${chatbotId}`;

  let state: ConnectionState = "disconnected";
  let attempts = 0;
  let online = globalThis.navigator?.onLine !== false;
  let me: string | null = null;
  let epoch: string | null = null;
  let talk: Talk | null = null;
  let repairing: ReturnType<typeof setTimeout> | undefined;
  let repairs = 0;
  let typedAt = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;

  const connected = () => state === "connected";

  // ---- whose page this is ----

  /** A token of the page's own customer. */
  let given: string | null = null;
  let held = kept();
  let making: Promise<string> | null = null;
  let said: { name?: string; email?: string } = {};

  /** Site data may be blocked, and reading it may throw: then the visit is as long as the page. */
  function kept(fresh?: { token: string; endsAt: number }): { token: string; endsAt: number } | null {
    try {
      if (fresh) localStorage.setItem(place, JSON.stringify(fresh));
      else return JSON.parse(localStorage.getItem(place) ?? "null");
    } catch {
      // As above.
    }
    return null;
  }

  async function make(): Promise<string> {
    const { token, expiresAt } = await ask<TokenAnswer>("POST", "/visitors", { chatbotId, ...said }, null);
    held = { token, endsAt: Date.parse(expiresAt) };
    kept(held);
    return token;
  }

  async function getToken(why: TokenReason): Promise<string | null> {
    if (given) return why === "start" ? given : null;
    // Another tab may have made one, or a newer one, meanwhile.
    const other = kept();
    if (other && (why === "start" || other.token !== held?.token)) held = other;
    // Another visitor would have another history: only when this one is refused.
    else if (why === "expiring") return null;
    else if (why === "refused") held = null;
    if (held && held.endsAt > Date.now()) return held.token;
    making ??= make().finally(() => {
      making = null;
    });
    return making;
  }

  async function token(why: TokenReason): Promise<string | null> {
    const found = await getToken(why);
    const subject = found && subjectOf(found);
    if (subject) owned(subject);
    return found;
  }

  /** A REST call; JSON where the answer is, else its text. `bearer` null = without a token. */
  async function ask<T>(method: string, path: string, body?: unknown, bearer?: string | null): Promise<T> {
    const known = bearer === undefined;
    const mine = known ? await token("start") : bearer;
    const answer = await environment.fetch(`${url}/api/v1${path}`, {
      method,
      credentials: "omit",
      headers: { "content-type": "application/json", ...(mine && { authorization: `Bearer ${mine}` }) },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get("content-type") ?? "");
    if (answer.ok) return (json ? JSON.parse(text) : text) as T;
    if (answer.status === 401 && known) return ask(method, path, body, await token("refused"));
    const { code = "invalid" } = (json && JSON.parse(text).error) || {};
    throw new SwitchboardError(code, code, answer.status >= 500 || answer.status === 429);
  }

  // ---- commands ----

  const calls = new Map<string, Call>();
  // Tabs that share a link tell their answers apart by this.
  const prefix = randomId();
  let count = 0;

  function transmit(call: Call): void {
    clearTimeout(call.timer);
    if (link.send(call.frame)) call.timer = setTimeout(transmit, timing.ackTimeout, call);
  }

  function settle(id: string): Call | undefined {
    const call = calls.get(id);
    calls.delete(id);
    clearTimeout(call?.timer);
    return call;
  }

  /** Sent until it is answered; given up after a while unless it is `patient`. */
  function call<T>(type: string, data: object, patient?: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = `${prefix}.${++count}`;
      const made: Call = { frame: { type, data, id }, resolve, reject };
      calls.set(id, made);
      if (!patient) setTimeout(() => settle(id)?.reject(new SwitchboardError("timeout")), timing.sendTimeout);
      transmit(made);
    });
  }

  function answered(id: string, type: string, data: unknown): void {
    if (type !== "error") return settle(id)?.resolve(data as never);
    const { code, message, retryable, retryAfterMs } = data as ErrorBody;
    const found = calls.get(id);
    if (!found) return;
    if (!retryable) return settle(id)?.reject(new SwitchboardError(code, message));
    clearTimeout(found.timer);
    found.timer = setTimeout(transmit, retryAfterMs ?? 1000, found);
  }

  /** About the conversation, once the server knows it. */
  async function command<T>(type: string, data: object = {}): Promise<T> {
    return call<T>(type, { conversationId: await talk?.ready, ...data });
  }

  // ---- what is on its way ----

  let entries: OutboxEntry[] = [];
  let sending: OutboxEntry | null = null;
  let owner = "";

  function put(entry: OutboxEntry): void {
    const others = entries.filter((one) => one.clientId !== entry.clientId);
    entries = [...others, entry].sort((a, b) => a.order - b.order);
    // Who is not known yet is no owner; it is kept once it is known.
    if (entry.owner) void outbox.put(entry);
    changed();
  }

  function drop(clientId: string): void {
    entries = entries.filter((one) => one.clientId !== clientId);
    void outbox.remove(clientId);
  }

  function deliver(entry: Pick<OutboxEntry, "clientId" | "kind" | "conversation" | "data">): void {
    const at = new Date(now()).toISOString();
    // Above everything of an earlier life of this page, and of other tabs as far as clocks can tell.
    const order = Math.max((entries.at(-1)?.order ?? 0) + 1, now() * 1000);
    put({ ...entry, at, order, owner });
    void pump();
  }

  /** Whose page this is, is known: what it typed before, in an earlier life too, is its own. */
  async function owned(by: string): Promise<void> {
    const next = `${url} ${by}`;
    if (owner === next) return;
    if (owner) entries = [];
    owner = next;
    for (const entry of entries) put({ ...entry, owner });
    for (const entry of await outbox.all(next).catch(() => [])) {
      if (owner !== next || entries.some((one) => one.clientId === entry.clientId)) continue;
      put(entry);
      if (talk) continue;
      if (entry.kind === "start") talk = talkOf(entry.clientId, null);
      else options.found(entry.conversation);
    }
    void pump();
  }

  /** One at a time, in order; what follows a start waits until the conversation is there. */
  async function pump(): Promise<void> {
    if (sending || !connected()) return;
    const entry = entries.find(
      (one) => !one.failed && (one.kind === "start" || entries.every((other) => other.clientId !== one.conversation)),
    );
    if (!entry) return;
    sending = entry;
    const { clientId, conversation, data } = entry;
    try {
      if (entry.kind === "start") {
        const ack = await call<Started>("start_conversation", { chatbotId, ...data, clientId }, true);
        for (const one of entries)
          if (one.conversation === clientId && one !== entry) put({ ...one, conversation: ack.conversationId });
        drop(clientId);
        begun(clientId, ack);
        if (ack.firstMessage) mine(String(data.firstMessage), entryId(entry), ack.conversationId, ack.firstMessage);
      } else {
        const ack = await call<SentMessage>("send_message", { ...data, conversationId: conversation, clientId }, true);
        drop(clientId);
        mine(String(data.content), clientId, conversation, ack);
      }
    } catch (cause) {
      if (entries.includes(entry)) put({ ...entry, failed: (cause as SwitchboardError).code });
    }
    sending = null;
    changed();
    void pump();
  }

  /** The message's own id: the server makes that of a first one. */
  const entryId = ({ kind, clientId }: OutboxEntry) => (kind === "start" ? `start:${clientId}` : clientId);

  /** The acknowledgement says all that the server's own line would. */
  function mine(content: string, clientId: string, id: string, { messageId, seq, createdAt }: SentMessage): void {
    if (talk?.id !== id || talk.held.has(seq)) return;
    add({ messageId, seq, createdAt, content, clientId, senderId: me, senderRole: "customer" } as Message);
  }

  function begun(clientId: string, { conversationId, duplicate, escalation }: Started): void {
    if (talk?.key !== clientId) return;
    talk.id = conversationId;
    if (escalation) stands(escalation);
    if (!duplicate) talk.base = talk.quiet = 0;
    talk.begun(conversationId);
    void sync();
  }

  // ---- the conversation ----

  function talkOf(key: string, id: string | null): Talk {
    let begun: Talk["begun"] = () => {};
    const ready = new Promise<string>((resolve) => {
      begun = resolve;
    });
    if (id) begun(id);
    return {
      key,
      id,
      ready,
      begun,
      status: null,
      agent: null,
      escalation: null,
      requested: null,
      rated: null,
      typist: null,
      streaming: null,
      held: new Map(),
      base: null,
      last: 0,
      head: 0,
      quiet: Number.POSITIVE_INFINITY,
      lastRead: 0,
      readTo: 0,
      gotTo: 0,
    };
  }

  function add(message: Message): void {
    if (!talk) return;
    talk.held.set(message.seq, message);
    talk.head = Math.max(talk.head, message.seq);
    drain(talk);
  }

  function drain(to: Talk): void {
    if (to.base === null) return;
    for (let next = to.held.get(to.last + 1); next; next = to.held.get(to.last + 1)) {
      to.last += 1;
      if (next.senderId && next.senderId === to.typist?.userId) to.typist = null;
      if (next.messageId === to.streaming?.messageId) to.streaming = null;
      // Whoever writes has read what is above.
      if (next.senderId === me) to.lastRead = to.last;
      else if (to.last > to.quiet && next.senderRole !== "system") options.arrived(next);
    }
    if (to.last < to.head) repair();
    else repairs = 0;
  }

  function repair(): void {
    repairing ??= setTimeout(
      () => {
        repairing = undefined;
        if (talk && (talk.base === null || talk.last < talk.head)) void sync();
      },
      GAP_PATIENCE * 2 ** Math.min(repairs++, 7),
    );
  }

  /** Asks for everything after the last one, and for how it stands. */
  async function sync(): Promise<void> {
    const to = talk;
    const conversationId = to?.id;
    if (!to || !conversationId || !connected()) return;
    try {
      if (to.base === null) {
        const { lastSeq, participants } = await call<Joined>("join", { conversationId });
        people(to, participants);
        to.quiet = lastSeq;
        to.base = to.last = Math.max(0, lastSeq - SOME);
        drain(to);
      }
      const { lastSeq, participants, status } = await call<Joined>("join", { conversationId, lastSeq: to.last });
      people(to, participants);
      to.status = status;
      to.head = Math.max(to.head, lastSeq);
      if (to.streaming?.stale) to.streaming = null;
      drain(to);
      const path = `/conversations/${conversationId}`;
      const found = await ask<ConversationDetail>("GET", path);
      const { rating, assignedAgentId } = found;
      to.status = found.status;
      to.rated = rating?.score ?? to.rated;
      handled(to, assignedAgentId, found.participants.find((one) => one.userId === assignedAgentId)?.name);
      if (found.status === "CLOSED") over(to);
      else {
        if (found.escalationRequested && !to.agent) to.requested ??= { reason: found.escalationReason };
        if (/WAIT|OFFER/.test(found.status) || to.escalation) stands(await ask("GET", `${path}/queue-status`), to);
      }
    } catch (cause) {
      // What is not there for this visitor is not shown. Whatever else it is, it is tried again.
      if ((cause as SwitchboardError).code !== "not_found") repair();
      else if (talk === to) talk = null;
    }
    changed();
  }

  function people(to: Talk, list: readonly Participant[]): void {
    for (const { userId, lastReadSeq, deliveredSeq = 0 } of list) {
      if (userId === me) to.lastRead = Math.max(to.lastRead, lastReadSeq);
      else reached(to, lastReadSeq, deliveredSeq);
    }
  }
  function reached(to: Talk, read: number, got: number): void {
    to.readTo = Math.max(to.readTo, read);
    to.gotTo = Math.max(to.gotTo, got);
  }

  function handled(to: Talk, agentId: string | null, agentName?: string): void {
    if (agentId === null) to.agent = null;
    else if (to.agent?.agentId !== agentId || agentName) to.agent = { agentId, agentName: agentName ?? "" };
  }

  function stands(next: EscalationStatus, to = talk): void {
    if (!to) return;
    if ("agentId" in next) handled(to, next.agentId, next.agentName);
    const none = next.status === "NONE";
    if (!none) to.requested = null;
    to.escalation = none ? null : { ...next, since: now() };
  }

  function over(to: Talk): void {
    to.status = "CLOSED";
    to.streaming = to.requested = to.typist = null;
  }

  type Handlers = { [T in keyof ServerEvents]?: (data: ServerEvents[T], to: Talk) => void };
  const handlers: Handlers = {
    new_message: (message) => add(message as Message),
    ai_message: (message) => add(message),
    ai_message_start({ messageId, text, index }, to) {
      // A reply that is stored already is not begun again by a late line.
      if (![...to.held.values()].some((one) => one.messageId === messageId)) to.streaming = { messageId, text, index };
    },
    ai_message_delta({ messageId, delta, index }, to) {
      // After a hole nothing fits any more; the stored message, or another start, has all of it.
      const was = to.streaming;
      if (was?.messageId === messageId && was.index === index)
        to.streaming = { messageId, text: was.text + delta, index: index + 1 };
    },
    ai_message_dropped({ messageId }, to) {
      if (to.streaming?.messageId === messageId) to.streaming = null;
    },
    user_typing({ userId, userName }, to) {
      if (userId === me) return;
      to.typist = { userId, userName };
      clearTimeout(typing);
      typing = setTimeout(() => {
        to.typist = null;
        changed();
      }, TYPING_ENDS);
    },
    user_stop_typing({ userId }, to) {
      if (userId === to.typist?.userId) to.typist = null;
    },
    message_read({ userId, seq }, to) {
      if (userId === me) to.lastRead = Math.max(to.lastRead, seq);
      else reached(to, seq, seq);
    },
    message_delivered({ userId, seq }, to) {
      if (userId !== me) reached(to, 0, seq);
    },
    escalation_requested({ reason }, to) {
      to.requested = { reason };
    },
    escalation_status: (next) => stands(next as EscalationStatus),
    queue_update(next, to) {
      const status = to.escalation?.status === "OFFERED" ? "OFFERED" : "QUEUED";
      stands({ ...(next as QueuePlace), status });
    },
    agent_joined: ({ agentId, agentName }) => stands({ status: "ASSIGNED", agentId, agentName }),
    agent_left({ agentId }, to) {
      if (to.agent?.agentId === agentId) to.agent = null;
      if (to.escalation && "agentId" in to.escalation) to.escalation = null;
    },
    conversation_updated({ status, assignedAgentId }, to) {
      to.status = status;
      handled(to, assignedAgentId);
      if (status === "ACTIVE" && to.escalation && "position" in to.escalation) to.escalation = null;
    },
    conversation_closed: (_, to) => over(to),
  };

  // ---- the link ----

  const events: LinkEvents = {
    frame({ type, data, id }) {
      if (type === "connected") welcome(data as ServerEvents["connected"]);
      else if (type === "pong") {
        for (const { conversationId, seq } of (data as Pong).heads ?? []) {
          if (talk?.id !== conversationId || seq <= talk.last) continue;
          talk.head = seq;
          repair();
        }
      } else if (id !== undefined) return answered(String(id), type, data);
      const about = (data as { conversationId?: string } | null)?.conversationId;
      if (!about) return;
      // An own one that begins is asked for when it is known which it is.
      if (!talk && /_message$/.test(type)) options.found(about);
      else if (talk?.id === about) (handlers as Record<string, (d: unknown, to: Talk) => void>)[type]?.(data, talk);
      changed();
    },
    state(next, detail) {
      const was = state;
      state = next;
      attempts = detail.attempts;
      if (connected()) {
        for (const one of calls.values()) transmit(one);
        void sync();
        void pump();
        options.welcome();
      } else if (was === "connected" && talk) {
        talk.typist = null;
        typedAt = 0;
        if (talk.streaming) talk.streaming.stale = true;
      }
      changed();
    },
  };

  function welcome({ userId, epoch: other }: ServerEvents["connected"]): void {
    if (me && me !== userId) {
      // What was asked in another's name is not asked in this one's.
      for (const id of calls.keys()) settle(id);
      talk = sending = null;
    }
    // A restored database has other numbers.
    else if (talk?.id && epoch && epoch !== other) talk = talkOf(talk.key, talk.id);
    me = userId;
    epoch = other;
    void owned(userId);
  }

  const own = (to: LinkEvents): Link =>
    ownLink(to, { url: `${url.replace(/^http/, "ws")}/ws`, token, timing, environment });
  const whose = async () => {
    const subject = subjectOf((await token("start")) ?? "");
    return subject && `${url} ${subject}`;
  };
  const link: Link = options.tabs ? options.tabs(events, { owner: whose, own, environment }) : own(events);
  const unwatch = environment.watch((why) => {
    if (/line$/.test(why)) online = why === "online";
    // What the browser says about the network is a reason to look, never a proof.
    if (why !== "hidden") link.probe();
    changed();
  });

  // ---- what is shown ----

  function shown(to: Talk): VisitorTalk {
    const messages: VisitorMessage[] = [];
    const base = to.base ?? 0;
    let unread = Math.max(0, base - to.lastRead);
    for (let seq = base + 1; seq <= to.last; seq += 1) {
      const one = to.held.get(seq) as Message;
      const mine = one.senderId === me;
      if (seq > to.lastRead && !mine && one.senderRole !== "system" && !one.deletedAt) unread += 1;
      messages.push({
        ...one,
        key: (mine && one.clientId) || one.messageId,
        mine,
        mark: mine ? (seq <= to.readTo ? "read" : seq <= to.gotTo ? "delivered" : "stored") : null,
      });
    }
    for (const entry of entries) {
      const { conversation, data, at, failed } = entry;
      const clientId = entryId(entry);
      const content = data.firstMessage ?? data.content;
      if (!content || (conversation !== to.id && conversation !== to.key)) continue;
      if (messages.some((one) => one.clientId === clientId)) continue;
      const mark = failed ? "failed" : "queued";
      messages.push({ key: clientId, seq: null, content: String(content), createdAt: at, mine: true, mark });
    }
    const { id, status, streaming, escalation, agent, rated, requested, typist, lastRead } = to;
    return {
      id,
      status,
      messages,
      streaming,
      escalation,
      agent,
      rated,
      unread,
      typist,
      requested,
      lastRead,
    };
  }

  let older = false;
  return {
    /** How the link stands. */
    link: () => ({ state, attempts, online }),
    /** The conversation that is shown, or null. */
    talk: () => talk && shown(talk),
    connect: () => link.open(),
    /** Shows a conversation, or none. */
    show(id: string | null) {
      talk = id ? talkOf(id, id) : null;
      void sync();
      changed();
    },
    /** The newest conversation of this visitor. */
    newest: async () =>
      (await ask<Page<ConversationRecord>>("GET", "/conversations?limit=1").catch(() => null))?.items[0],
    /** Begins a conversation; settles when the server knows it. */
    start(data: Omit<StartOptions, "clientId">): Promise<string> {
      const clientId = randomId();
      talk = talkOf(clientId, null);
      deliver({ clientId, kind: "start", conversation: clientId, data: data as Record<string, unknown> });
      return talk.ready;
    },
    send(content: string) {
      if (!talk) return;
      this.typing(false);
      deliver({ clientId: randomId(), kind: "message", conversation: talk.id ?? talk.key, data: { content } });
    },
    /** Sends again what was refused. */
    retry(clientId: string) {
      for (const entry of entries) {
        if (entryId(entry) !== clientId) continue;
        const { failed: _, ...fresh } = entry;
        put(fresh);
      }
      void pump();
    },
    typing(on: boolean) {
      clearTimeout(idle);
      const conversationId = talk?.id;
      if (on) idle = setTimeout(() => this.typing(false), TYPING_IDLE);
      if (!conversationId || (on ? now() - typedAt < TYPING_AGAIN : !typedAt)) return;
      typedAt = on ? now() : 0;
      link.send({ type: on ? "typing_start" : "typing_stop", data: { conversationId } });
    },
    /** Everything that is shown was read. */
    markRead() {
      if (!talk?.id || !connected() || talk.last <= talk.lastRead) return;
      talk.lastRead = talk.last;
      call("mark_read", { conversationId: talk.id, seq: talk.last }).catch(() => {});
      changed();
    },
    async older() {
      const to = talk;
      if (older || !to?.base) return;
      older = true;
      const query = `before=${to.base + 1}&limit=${SOME}`;
      const found = await ask<{ items: Message[] }>("GET", `/conversations/${to.id}/messages?${query}`).catch(
        () => null,
      );
      for (const one of found?.items ?? []) to.held.set(one.seq, one);
      while (to.held.has(to.base)) to.base -= 1;
      older = false;
      changed();
    },
    async escalate() {
      stands(await command("escalate"));
      changed();
    },
    async cancel() {
      stands(await command("cancel_escalation"));
      changed();
    },
    close: () => command("close_conversation"),
    async rate(score: number) {
      if (talk) talk.rated = score;
      await command("rate_conversation", { score });
    },
    /** Tells which page is being looked at; nothing when nobody would hear it. */
    page(address: string, title: string): boolean {
      if (!talk?.id || !connected() || talk.status === "CLOSED") return false;
      command("page_view", { url: address, title }).catch(() => {});
      return true;
    },
    transcript: () => ask<string>("GET", `/conversations/${talk?.id}/transcript`),
    /** Leaves an address for an answer. */
    contact: async (email: string, message: string) =>
      ask<void>("POST", `/conversations/${await talk?.ready}/contact`, { email, message }),
    /** What the visitor says of itself; counts until its first conversation begins. */
    introduce(who: { name?: string; email?: string }) {
      said = { ...said, ...who };
    },
    /** From here on it is the page's own customer. */
    identify(theirs: string) {
      given = theirs;
      talk = null;
      link.close();
      link.open();
    },
    destroy() {
      unwatch();
      link.destroy();
      clearTimeout(repairing);
      clearTimeout(idle);
      clearTimeout(typing);
      // What was not answered is sent in the next life of this page.
      for (const { timer } of calls.values()) clearTimeout(timer);
      outbox.close?.();
    },
  };
}

export type VisitorClient = ReturnType<typeof createVisitor>;
