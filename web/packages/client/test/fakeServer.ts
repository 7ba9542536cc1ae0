/**
 * A scriptable server that speaks the real dialect: WebSocket and REST over one memory. Tests talk to it instead of to
 * mocks, so that they stay true when the client's inside changes.
 *
 * How to extend it, from what is needed most to what is needed least:
 * 1. A happening of the outside (an agent writes, the queue moves): call `say`, `event` or `delta`, from the test.
 * 2. A command's answer: add a case to `commands`; it gets the decoded data, and gives the ack or throws `refusal(…)`.
 * 3. A REST call: add a line to `routes`.
 * 4. A misfortune: `down`, `mute`, `cut`, `lose`, `refuse`, `restart`. Prefer a new knob here to a special case in a test.
 *
 * Everything is delivered in microtasks: with fake timers, `await vi.advanceTimersByTimeAsync(0)` lets it happen.
 */
import type { Message, Note, Participant, Role, ServerEvents } from "../src/protocol.ts";
import type { HostEvent } from "../src/types.ts";

export interface StoredConversation {
  id: string;
  customerId: string;
  status: string;
  messages: Message[];
  notes: Note[];
  participants: Participant[];
  agent: { agentId: string; agentName: string } | null;
  escalation: Record<string, unknown>;
}

interface Refusal {
  refusal: { code: string; message: string; retryable: boolean; retryAfterMs?: number } & Record<string, unknown>;
}

const RETRYABLE = new Set(["rate_limited", "unavailable", "outcome_unknown", "draining", "no_reply"]);

export function refusal(code: string, more: Record<string, unknown> = {}): Refusal {
  return { refusal: { code, message: code, retryable: RETRYABLE.has(code), ...more } };
}

/** A token as the fake server takes it: readable, unsigned. */
export function tokenOf(userId: string, role: Role = "customer", serial = 1): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${part({ alg: "none" })}.${part({ sub: userId, role, serial })}.x`;
}

type Frame = { type: string; data: Record<string, unknown>; id?: string | number };

export function createFakeServer(options: { now?: () => number; epoch?: string } = {}) {
  const now = options.now ?? (() => Date.now());
  const iso = () => new Date(now()).toISOString();
  const conversations = new Map<string, StoredConversation>();
  const starts = new Map<string, string>();
  const sockets = new Set<FakeSocket>();
  /** Every frame that a client sent, in order. */
  const received: (Frame & { userId: string })[] = [];
  /** Every REST call, as `METHOD path`. */
  const called: { call: string; body: unknown; token: string | null; headers: Headers }[] = [];
  const topics = new Map<string, { number: number; body: Record<string, unknown> }>();
  const refused = new Set<string>();
  let count = 0;
  let epoch = options.epoch ?? "epoch-1";
  let isDown = false;
  let isMute = false;
  let busy = 0;
  let opened = 0;
  /** What becomes of a frame on its way down: false = lost. */
  let passes: (frame: Frame, socket: FakeSocket) => boolean = () => true;
  let answer: ((frame: Frame, userId: string) => unknown) | null = null;

  const nextId = (prefix: string) => `${prefix}-${String((count += 1)).padStart(4, "0")}`;

  class FakeSocket {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readyState = 0;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    onerror: (() => void) | null = null;
    userId = "";
    role: Role = "customer";
    readonly joined = new Set<string>();
    readonly watching = new Set<string>();

    constructor(
      readonly url: string,
      readonly protocols: string[],
    ) {
      opened += 1;
      queueMicrotask(() => {
        if (this.readyState !== 0) return;
        if (isDown) return this.end(1006, "");
        this.readyState = 1;
        sockets.add(this);
        this.onopen?.();
        const token = protocols[1] ?? "";
        if (refused.has(token)) return this.end(4401, "unauthenticated");
        if (busy > 0) {
          busy -= 1;
          return this.down({ type: "error", data: refusal("unavailable").refusal });
        }
        const claims = JSON.parse(atob(token.split(".")[1] ?? "")) as { sub: string; role: Role };
        this.userId = claims.sub;
        this.role = claims.role;
        const isStaff = claims.role !== "customer";
        const connected = {
          sessionId: nextId("session"),
          userId: this.userId,
          role: this.role,
          isStaff,
          serverTime: iso(),
          heartbeatMs: 20_000,
          epoch,
        };
        this.down({ type: "connected", data: connected });
        if (!isStaff) restore(this);
      });
    }

    /** From the client. */
    send(text: string): void {
      const frame = JSON.parse(text) as Frame;
      queueMicrotask(() => {
        if (this.readyState === 1 && !isMute) take(this, frame);
      });
    }

    /** By the client. */
    close(): void {
      this.readyState = 3;
      sockets.delete(this);
    }

    /** To the client. */
    down(frame: Frame): void {
      if (this.readyState !== 1 || isMute || !passes(frame, this)) return;
      const data = JSON.stringify(frame);
      queueMicrotask(() => {
        if (this.readyState === 1) this.onmessage?.({ data });
      });
    }

    /** By the server. */
    end(code: number, reason: string): void {
      queueMicrotask(() => {
        if (this.readyState === 3) return;
        this.readyState = 3;
        sockets.delete(this);
        this.onclose?.({ code, reason });
      });
    }
  }

  function restore(socket: FakeSocket): void {
    const own = [...conversations.values()].filter(
      (one) => one.customerId === socket.userId && one.status !== "CLOSED",
    );
    const current = own.at(-1);
    if (!current) return;
    socket.joined.add(current.id);
    socket.down({
      type: "chat_session_restored",
      data: {
        conversationId: current.id,
        status: current.status,
        ...(current.agent ? { agent: current.agent } : {}),
        history: current.messages.slice(-20),
      },
    });
  }

  function get(id: unknown): StoredConversation {
    const found = conversations.get(String(id));
    if (!found) throw refusal("not_found");
    return found;
  }

  /** To everybody in a conversation. */
  function tell(conversationId: string, type: string, data: Record<string, unknown>, staffOnly = false): void {
    for (const socket of sockets) {
      if (!socket.joined.has(conversationId) || (staffOnly && socket.role === "customer")) continue;
      socket.down({ type, data: { conversationId, ...data } });
    }
  }

  function store(conversation: StoredConversation, part: Partial<Message> & { content: string }): Message {
    const message: Message = {
      messageId: nextId("message"),
      conversationId: conversation.id,
      seq: (conversation.messages.at(-1)?.seq ?? 0) + 1,
      senderId: null,
      senderName: "",
      senderRole: "system",
      messageType: "text",
      aiGenerated: false,
      metadata: null,
      createdAt: iso(),
      ...part,
    };
    conversation.messages.push(message);
    tell(conversation.id, message.senderRole === "ai" ? "ai_message" : "new_message", { ...message });
    return message;
  }

  function catchUp(socket: FakeSocket, conversation: StoredConversation, lastSeq: number): void {
    socket.joined.add(conversation.id);
    const from = lastSeq > (conversation.messages.at(-1)?.seq ?? 0) ? 0 : lastSeq;
    for (const message of conversation.messages) {
      if (message.seq <= from) continue;
      socket.down({ type: message.senderRole === "ai" ? "ai_message" : "new_message", data: { ...message } });
    }
  }

  const head = (conversation: StoredConversation) => conversation.messages.at(-1)?.seq ?? 0;
  const newParticipant = (userId: string, role: Participant["role"]): Participant => ({
    userId,
    name: userId,
    role,
    lastReadSeq: 0,
    joinedAt: iso(),
    leftAt: null,
  });

  const sent = (message: Message, duplicate: boolean) => ({
    messageId: message.messageId,
    seq: message.seq,
    createdAt: message.createdAt,
    duplicate,
  });

  function sending(userId: string, role: Role, data: Record<string, unknown>): unknown {
    const conversation = get(data.conversationId);
    if (conversation.status === "CLOSED") throw refusal("conversation_closed");
    const content = String(data.content);
    if (content === "") throw refusal("invalid", { field: "data.content" });
    const clientId = String(data.clientId);
    if (data.internal) {
      const note: Note = {
        messageId: nextId("note"),
        conversationId: conversation.id,
        noteSeq: conversation.notes.length + 1,
        internal: true,
        senderId: userId,
        senderName: userId,
        content,
        clientId,
        createdAt: iso(),
      };
      conversation.notes.push(note);
      tell(conversation.id, "new_message", { ...note }, true);
      return { messageId: note.messageId, noteSeq: note.noteSeq, createdAt: note.createdAt };
    }
    const known = conversation.messages.find((one) => one.clientId === clientId && one.senderId === userId);
    if (known) return sent(known, true);
    const message = store(conversation, {
      content,
      clientId,
      senderId: userId,
      senderName: userId,
      senderRole: role === "customer" ? "customer" : "agent",
      ...(data.replyTo === undefined ? {} : { replyTo: String(data.replyTo) }),
      ...(data.metadata === undefined ? {} : { metadata: data.metadata }),
    });
    return sent(message, false);
  }

  const commands: Record<string, (data: Record<string, unknown>, socket: FakeSocket) => unknown> = {
    start_conversation(data, socket) {
      const clientId = String(data.clientId);
      const known = starts.get(clientId);
      const conversation =
        (known && conversations.get(known)) || open({ customerId: socket.userId, id: nextId("conversation") });
      starts.set(clientId, conversation.id);
      socket.joined.add(conversation.id);
      const firstMessage =
        typeof data.firstMessage === "string"
          ? sending(socket.userId, socket.role, {
              conversationId: conversation.id,
              content: data.firstMessage,
              clientId: `start:${clientId.slice(0, 120)}`,
            })
          : undefined;
      return {
        conversationId: conversation.id,
        duplicate: known !== undefined,
        ...(firstMessage ? { firstMessage } : {}),
      };
    },
    join(data, socket) {
      const conversation = get(data.conversationId);
      const ack = {
        conversationId: conversation.id,
        lastSeq: head(conversation),
        participants: conversation.participants,
        status: conversation.status,
        epoch,
      };
      if (typeof data.lastSeq === "number") queueMicrotask(() => catchUp(socket, conversation, data.lastSeq as number));
      else socket.joined.add(conversation.id);
      return ack;
    },
    leave: (data, socket) => {
      socket.joined.delete(String(data.conversationId));
      return {};
    },
    resume(data, socket) {
      const list = data.conversations as { conversationId: string; lastSeq: number }[];
      const seen = list.flatMap(({ conversationId, lastSeq }) => {
        const conversation = conversations.get(conversationId);
        if (!conversation) return [];
        catchUp(socket, conversation, lastSeq);
        return [{ conversationId, lastSeq: head(conversation) }];
      });
      return { conversations: seen, epoch };
    },
    send_message: (data, socket) => sending(socket.userId, socket.role, data),
    mark_read(data, socket) {
      const conversation = get(data.conversationId);
      const seq = Math.min(Number(data.seq), head(conversation));
      let reader = conversation.participants.find((one) => one.userId === socket.userId);
      if (!reader) conversation.participants.push((reader = newParticipant(socket.userId, "staff")));
      reader.lastReadSeq = Math.max(reader.lastReadSeq, seq);
      tell(conversation.id, "message_read", { userId: socket.userId, seq, messageId: null, readAt: iso() });
      return {};
    },
    escalate(data) {
      const conversation = get(data.conversationId);
      if (conversation.escalation.status === "NONE") {
        conversation.status = "WAITING_FOR_AGENT";
        conversation.escalation = {
          status: "QUEUED",
          position: 3,
          estimatedWait: 3,
          estimatedWaitSeconds: { p50: 140, p90: 420 },
        };
        tell(conversation.id, "escalation_status", conversation.escalation);
      }
      return conversation.escalation;
    },
    cancel_escalation(data) {
      const conversation = get(data.conversationId);
      conversation.status = "ACTIVE";
      conversation.escalation = { status: "NONE" };
      tell(conversation.id, "escalation_status", { status: "CANCELED" });
      return { status: "CANCELED" };
    },
    assign_to_me(data, socket) {
      const conversation = get(data.conversationId);
      if (conversation.agent) throw refusal("already_assigned", { ...conversation.agent });
      assign(conversation.id, { agentId: socket.userId, agentName: socket.userId });
      return { conversationId: conversation.id, agentId: socket.userId, agentName: socket.userId };
    },
    close_conversation(data) {
      const conversation = get(data.conversationId);
      if (conversation.status === "CLOSED") throw refusal("conversation_closed");
      conversation.status = "CLOSED";
      tell(conversation.id, "conversation_closed", { reason: data.reason ?? "closed" });
      return {};
    },
    subscribe(data, socket) {
      const wanted = data.topics as string[];
      for (const topic of wanted) socket.watching.add(topic);
      return {
        topics: wanted.map((topic) => {
          const { number, body } = topics.get(topic) ?? { number: 0, body: {} };
          return { topic, number, ...body };
        }),
      };
    },
    unsubscribe: (data, socket) => {
      for (const topic of data.topics as string[]) socket.watching.delete(topic);
      return {};
    },
    refresh_token(data) {
      if (refused.has(String(data.token))) throw refusal("unauthenticated");
      return {};
    },
    rate_conversation: () => ({}),
    agent_status: () => ({}),
    release: () => ({}),
    transfer: () => ({ transferRequestId: nextId("offer") }),
  };

  function take(socket: FakeSocket, frame: Frame): void {
    received.push({ ...frame, userId: socket.userId });
    const id = frame.id === undefined ? {} : { id: frame.id };
    if (frame.type === "typing_start" || frame.type === "typing_stop") {
      const type = frame.type === "typing_start" ? "user_typing" : "user_stop_typing";
      const conversationId = String(frame.data.conversationId);
      for (const other of sockets) {
        if (other === socket || !other.joined.has(conversationId)) continue;
        other.down({ type, data: { conversationId, userId: socket.userId, userName: socket.userId } });
      }
      return;
    }
    if (frame.type === "ping") {
      const heads = [...socket.joined].flatMap((one) => {
        const conversation = conversations.get(one);
        return conversation ? [{ conversationId: one, seq: head(conversation) }] : [];
      });
      socket.down({ type: "pong", data: { data: frame.data, serverTime: iso(), heads }, ...id });
      return;
    }
    try {
      const scripted = answer?.(frame, socket.userId);
      const command = commands[frame.type];
      if (!command) throw refusal("unknown_type");
      const data = (scripted ?? command(frame.data, socket)) as Record<string, unknown>;
      socket.down({ type: "ack", data, ...id });
    } catch (fault) {
      if (!(fault as Refusal).refusal) throw fault;
      const { refusal: data } = fault as Refusal;
      // A frame that was refused for its speed was not read, so its id is not known.
      socket.down({ type: "error", data, ...(data.anonymous ? {} : id) });
    }
  }

  function open(part: { id?: string; customerId: string }): StoredConversation {
    const conversation: StoredConversation = {
      id: part.id ?? nextId("conversation"),
      customerId: part.customerId,
      status: "ACTIVE",
      messages: [],
      notes: [],
      participants: [newParticipant(part.customerId, "owner")],
      agent: null,
      escalation: { status: "NONE" },
    };
    conversations.set(conversation.id, conversation);
    return conversation;
  }

  function assign(id: string, agent: { agentId: string; agentName: string }): void {
    const conversation = get(id);
    conversation.agent = agent;
    conversation.status = "AGENT_ASSIGNED";
    conversation.escalation = { status: "ASSIGNED", ...agent };
    conversation.participants.push({ ...newParticipant(agent.agentId, "staff"), name: agent.agentName });
    tell(id, "agent_joined", { ...agent, timestamp: iso() });
    tell(id, "escalation_status", conversation.escalation);
  }

  // ---- REST ----

  type Route = (match: string[], query: URLSearchParams, body: Record<string, unknown>) => unknown;
  let visitors = 0;
  const people = new Map<string, string>();
  const tokenAnswer = (userId: string, role: Role, serial: number) => ({
    token: tokenOf(userId, role, serial),
    expiresAt: new Date(now() + 15 * 60_000).toISOString(),
    csrfToken: `csrf-${serial}`,
    user: { id: userId, role, name: userId, email: null },
  });
  const messagesOf003 = (one: StoredConversation) => ({
    id: one.id,
    type: "guest_staff",
    subject: null,
    status: "active",
    created_at: iso(),
    last_message_at: null,
    unread_count: 0,
  });
  const routes: [string, RegExp, Route][] = [
    ["POST", /^\/api\/v1\/visitors$/, () => tokenAnswer(`visitor-${(visitors += 1)}`, "customer", 1)],
    [
      "POST",
      /^\/api\/v1\/auth\/login$/,
      (_, __, body) => {
        if (people.get(String(body.email)) !== body.password) throw refusal("unauthenticated");
        return tokenAnswer(String(body.email).split("@")[0] ?? "", "agent", 1);
      },
    ],
    ["POST", /^\/api\/v1\/auth\/refresh$/, () => tokenAnswer("ann", "agent", (visitors += 1) + 1)],
    ["POST", /^\/api\/v1\/auth\/logout$/, () => undefined],
    [
      "GET",
      /^\/api\/v1\/conversations\/([^/]+)\/messages$/,
      ([id], query) => {
        const all = get(id).messages;
        const limit = Number(query.get("limit") ?? 50);
        const items = query.has("after")
          ? all.filter((one) => one.seq > Number(query.get("after"))).slice(0, limit)
          : all.filter((one) => one.seq < Number(query.get("before") ?? Number.POSITIVE_INFINITY)).slice(-limit);
        return { items, lastSeq: head(get(id)) };
      },
    ],
    [
      "GET",
      /^\/api\/v1\/conversations\/([^/]+)\/notes$/,
      ([id], query) => {
        const { notes } = get(id);
        const items = notes.filter((one) => one.noteSeq > Number(query.get("after") ?? 0)).slice(0, 2);
        return { items, lastNoteSeq: notes.length };
      },
    ],
    [
      "GET",
      /^\/api\/v1\/conversations\/([^/]+)\/queue-status$/,
      ([id]) => ({ conversationId: id, ...get(id).escalation }),
    ],
    [
      "GET",
      /^\/api\/v1\/conversations\/([^/]+)$/,
      ([id]) => {
        const one = get(id);
        return {
          id: one.id,
          kind: "support",
          status: one.status,
          handler: one.agent ? "human" : "ai",
          assignedAgentId: one.agent?.agentId ?? null,
          escalationRequested: one.escalation.status !== "NONE",
          escalationReason: null,
          closeReason: one.status === "CLOSED" ? "closed" : null,
          lastSeq: head(one),
          participants: one.participants,
        };
      },
    ],
    // Seed 003's calls, as its document names them; the server's own come later.
    [
      "POST",
      /^\/api\/v1\/messages\/conversations$/,
      (_, __, body) => messagesOf003(open({ customerId: String((body.participant_ids as string[])[0]) })),
    ],
    ["GET", /^\/api\/v1\/messages\/conversations$/, () => [...conversations.values()].map(messagesOf003)],
    ["GET", /^\/api\/v1\/messages\/conversations\/([^/]+)$/, ([id]) => messagesOf003(get(id))],
    [
      "PATCH",
      /^\/api\/v1\/messages\/conversations\/([^/]+)$/,
      ([id], _, body) => ({ ...messagesOf003(get(id)), ...(body as object) }),
    ],
    [
      "POST",
      /^\/api\/v1\/messages\/messages$/,
      (_, __, body) => {
        const conversation = get(body.conversation_id);
        const message = store(conversation, { content: String(body.message_text), senderId: "me", senderName: "me" });
        return as003(message);
      },
    ],
    [
      "GET",
      /^\/api\/v1\/messages\/conversations\/([^/]+)\/messages$/,
      ([id], query) => {
        const from = Number(query.get("offset") ?? 0);
        return get(id)
          .messages.slice(from, from + Number(query.get("limit") ?? 50))
          .map(as003);
      },
    ],
    ["PATCH", /^\/api\/v1\/messages\/conversations\/([^/]+)\/read$/, () => undefined],
    [
      "GET",
      /^\/api\/v1\/messages\/stats$/,
      () => ({ total_conversations: conversations.size, active_conversations: conversations.size, unread_messages: 0 }),
    ],
  ];
  const as003 = (message: Message) => ({
    id: message.messageId,
    conversation_id: message.conversationId,
    sender_id: message.senderId,
    message_text: message.content,
    message_type: "text",
    created_at: message.createdAt,
  });

  async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    if (isDown) throw new TypeError("no network");
    const url = new URL(String(input));
    const headers = new Headers(init.headers);
    const body = init.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : {};
    const token = headers.get("authorization")?.replace("Bearer ", "") ?? null;
    const method = init.method ?? "GET";
    called.push({ call: `${method} ${url.pathname}`, body, token, headers });
    const fail = (status: number, data: Record<string, unknown>) =>
      Response.json({ error: { ...data, requestId: "request-1" } }, { status });
    if (token !== null && refused.has(token)) return fail(401, refusal("unauthenticated").refusal);
    for (const [verb, pattern, route] of routes) {
      const match = pattern.exec(url.pathname);
      if (verb !== method || !match) continue;
      try {
        const answered = route(match.slice(1), url.searchParams, body);
        return answered === undefined ? new Response(null, { status: 204 }) : Response.json(answered);
      } catch (fault) {
        const data = (fault as Refusal).refusal;
        if (!data) throw fault;
        return fail(data.code === "not_found" ? 404 : data.code === "unauthenticated" ? 401 : 409, data);
      }
    }
    return fail(404, refusal("not_found").refusal);
  }

  return {
    url: "http://fake.test",
    /** For `createClient({ environment })`. */
    environment: { WebSocket: FakeSocket as unknown as new (url: string, protocols: string[]) => WebSocket, fetch },
    conversations,
    sockets,
    received,
    called,
    people,
    open,
    assign,
    /** How many sockets were ever opened. */
    opened: () => opened,
    frames: (type: string) => received.filter((frame) => frame.type === type),
    /** Somebody writes. */
    say(conversationId: string, content: string, from: Partial<Message> = {}): Message {
      return store(get(conversationId), {
        content,
        senderId: "ann",
        senderName: "Ann",
        senderRole: "agent",
        ...from,
      });
    },
    /** Stores without telling anybody: as if the push was lost. */
    sayQuietly(conversationId: string, content: string): Message {
      const before = passes;
      passes = () => false;
      const message = this.say(conversationId, content);
      passes = before;
      return message;
    },
    event: tell,
    /** To one person. */
    push(userId: string, type: string, data: unknown, event?: HostEvent): void {
      for (const socket of sockets) {
        if (socket.userId !== userId) continue;
        socket.down({ type, data: data as Record<string, unknown>, ...(event && { event }) });
      }
    },
    /** A topic's new state, with the delta that its watchers get (the whole state when none is given). */
    topic(name: string, body: Record<string, unknown>, delta: Record<string, unknown> = body): void {
      const number = (topics.get(name)?.number ?? 0) + 1;
      topics.set(name, { number, body });
      for (const socket of sockets) {
        if (socket.watching.has(name)) socket.down({ type: "topic_update", data: { topic: name, number, ...delta } });
      }
    },
    /** Nobody gets through, or again. */
    down(on: boolean): void {
      isDown = on;
    },
    /** So many connects meet a database that is busy. */
    busy(connects: number): void {
      busy = connects;
    },
    /** Half open: connections stand, and nothing passes in either direction. */
    mute(on: boolean): void {
      isMute = on;
    },
    /** Ends all connections. */
    cut(code = 1006, reason = ""): void {
      for (const socket of [...sockets]) socket.end(code, reason);
    },
    /** Decides which frames down are lost; everything passes when left out. */
    lose(isLost: (frame: Frame) => boolean = () => false): void {
      passes = (frame) => !isLost(frame);
    },
    /** Answers for the commands: undefined = as usual; it may throw a `refusal`. */
    script(next: ((frame: Frame, userId: string) => unknown) | null): void {
      answer = next;
    },
    /** A token that is not accepted any more. */
    refuse(token: string): void {
      refused.add(token);
    },
    /** Another process: connections are gone, the memory is the same. */
    restart(): void {
      this.cut(1006);
    },
    /** A restored database: another history. */
    newEpoch(next: string): void {
      epoch = next;
      this.cut(1012, "server_draining");
    },
  };
}

export type FakeServer = ReturnType<typeof createFakeServer>;
export type { ServerEvents };
