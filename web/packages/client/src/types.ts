import type { ClientErrorCode, SwitchboardError } from "./errors.ts";
import type {
  Commands,
  CommandType,
  ConversationStatus,
  EscalationStatus,
  MessageType,
  Note,
  Participant,
  Role,
  SenderRole,
  ServerEvents,
} from "./protocol.ts";
import type { Rest } from "./rest.ts";

/**
 * How the link stands.
 * - `connecting`: being made, or lost and tried again by itself (`retryAt` says when).
 * - `connected`: the server knows who this is.
 * - `disconnected`: nobody asked for it yet, or `disconnect()` was called.
 * - `error`: it will not come back by itself; `error` says why, and `connect()` tries again.
 */
export type ConnectionState = "connecting" | "connected" | "disconnected" | "error";

/** Why a token is asked for: at the `start`, because the present one is `expiring`, or because it was `refused`. */
export type TokenReason = "start" | "expiring" | "refused";

/** Options of {@link Client}. */
export interface ClientOptions {
  /** The server: `https://support.example`, or the page's own origin when left out. */
  url?: string | URL;
  /** A token that is known already. Without `getToken` its end is the end of the link. */
  token?: string;
  /**
   * Gives a token whenever one is needed: at the start, a minute before the present one ends, and when one was
   * refused. Null = there is none, and the link goes to `error`. It is called again for every reconnect after a
   * failure of its own (a thrown error counts as a lost network).
   */
  getToken?: (why: TokenReason) => Promise<string | null>;
  /** The chatbot whose conversations are begun; the server's default one when left out. */
  chatbotId?: string;
  /** Keeps what was typed and not yet acknowledged. In memory unless `indexedDbOutbox()` is given. */
  outbox?: OutboxStore;
  /** Shares one connection among the browser's tabs: `sharedConnection()`. A connection of its own when left out. */
  tabs?: LinkFactory;
  /** What the client needs of its surroundings; the browser's when left out. */
  environment?: Partial<Environment>;
  /** Times in milliseconds. */
  timing?: Partial<Timing>;
}

/** Times in milliseconds; defaults in brackets. */
export interface Timing {
  /** The shortest span from which a back-off is drawn [500]. */
  backoffMin: number;
  /** The longest one [30 000]. */
  backoffMax: number;
  /** A link that has not said `connected` by then is given up [10 000]. */
  helloTimeout: number;
  /** After this much silence the link is asked for a sign of life [12 000]. */
  pingAfter: number;
  /** How long an answer to that may take [8 000]. */
  pongTimeout: number;
  /** How long an acknowledgement may take before a message is sent again under the same id [10 000]. */
  ackTimeout: number;
  /** How long `send` waits for a link and an answer altogether [20 000]. */
  sendTimeout: number;
}

/** The surroundings, replaceable in tests and other runtimes. */
export interface Environment {
  /** Opens a socket. */
  WebSocket: new (
    url: string,
    protocols: string[],
  ) => WebSocket;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  /** From 0 to 1, for the jitter of the back-off. */
  random: () => number;
  /** Calls back when the network or the page comes back, `offline` when the network went. Returns the way to stop. */
  watch: (wake: (why: "online" | "visible" | "offline" | "hidden") => void) => () => void;
}

/** Who the server takes this client for. */
export interface Identity {
  readonly userId: string;
  readonly role: Role;
  /** An agent or an admin. */
  readonly isStaff: boolean;
}

/** The client at one moment. A new object whenever something in it changed, the same one otherwise. */
export interface ClientSnapshot {
  readonly state: ConnectionState;
  /** Who this is; kept over a lost link, null before the first one. */
  readonly identity: Identity | null;
  /** When the next attempt is made (milliseconds since 1970), while one is waited for. */
  readonly retryAt: number | null;
  /** Failed attempts since the link was last up. */
  readonly attempts: number;
  /** Why `state` is `error`. */
  readonly error: SwitchboardError | null;
  /** What the browser says about the network. */
  readonly online: boolean;
  /** The server's clock minus this one's, milliseconds: add it to `Date.now()` for countdowns. */
  readonly clockOffset: number;
  /** Messages of others that were not read, over all conversations known here. */
  readonly unread: number;
  /** Messages of one's own that are not stored yet. */
  readonly queued: number;
  /** The conversations known here, the one with the newest message first. */
  readonly conversations: readonly Conversation[];
}

/** Events of the client itself, beside the server's. */
export interface ClientEvents extends ServerEvents {
  /** The state of the link changed. */
  state: ClientSnapshot;
  /**
   * A message of somebody else arrived live, once each and in order (not: history, resumed after a reload, one's own).
   * The right place for sounds and notifications.
   */
  message: { conversation: Conversation; message: TimelineMessage };
  /** The server has another history than before (a restored database): everything was fetched anew. */
  epoch: { epoch: string };
  /** The server refused something that asked for no answer. */
  error: SwitchboardError;
  /** Every event of the server, also of types that this client does not know (a host's own events). */
  "*": { type: string; data: unknown; event?: HostEvent };
}

/** What stands beside the data of an event of the host application. */
export interface HostEvent {
  /** Also of the same event when it comes again. */
  id: string;
  /** Of events that are kept: in the order in which they were made. */
  number?: number;
  priority: "low" | "normal" | "high" | "urgent";
  createdAt: string;
  /** It is void from then on. */
  expiresAt?: string;
}

/** The data of an event of the host application: always an object, its keys are the host's. */
export type HostData = Readonly<Record<string, unknown>>;

/**
 * The host application's events by their types, for whoever wants them checked:
 * `declare module "@switchboard/client" { interface HostEvents { booking_created: { bookingId: number } } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: hosts add to it
export interface HostEvents {}

/** The type of an event: one that is known, or a host's own. */
export type EventType = keyof ClientEvents | keyof HostEvents | (string & {});
/** What a handler of an event gets. */
export type EventData<T extends EventType> = T extends keyof HostEvents
  ? HostEvents[T]
  : T extends "notification" | "order_ready"
    ? HostData
    : T extends keyof ClientEvents
      ? ClientEvents[T]
      : unknown;
/** Hears events of a type; `event` comes with those of the host application. */
export type EventHandler<T extends EventType> = (data: EventData<T>, event?: HostEvent) => void;

/** How far a message of one's own has come. */
export type Mark =
  /** Typed; kept here until there is a link. */
  | "queued"
  /** Sent, not acknowledged. */
  | "sending"
  /** The server has it for good. */
  | "stored"
  /** It has reached somebody else's screen. */
  | "delivered"
  /** Somebody else has read it. */
  | "read"
  /** Refused; `error` says why. `retry` or `discard` it. */
  | "failed";

/** A message as it is shown. */
export interface TimelineMessage {
  /** Stays the same from typing to reading: for lists of a framework. */
  readonly key: string;
  /** Null until it is stored. */
  readonly messageId: string | null;
  /** Null until it is stored. */
  readonly seq: number | null;
  readonly clientId: string | null;
  /** Of this user. */
  readonly mine: boolean;
  /** Null for the messages of others. */
  readonly mark: Mark | null;
  /** With mark `failed`. */
  readonly error: SwitchboardError | null;
  readonly senderId: string | null;
  readonly senderName: string;
  readonly senderRole: SenderRole;
  readonly content: string;
  readonly messageType: MessageType;
  readonly aiGenerated: boolean;
  readonly replyTo: string | null;
  readonly metadata: unknown;
  /** The server's time, or this one's until it is stored. */
  readonly createdAt: string;
  readonly editedAt: string | null;
  /** A tombstone: show that something was deleted. */
  readonly deletedAt: string | null;
}

/** A reply that the assistant is writing. */
export interface StreamingReply {
  /** The finished message has the same one. */
  readonly messageId: string;
  readonly text: string;
}

/** Somebody who is writing. */
export interface TypingUser {
  readonly userId: string;
  readonly userName: string;
}

/** The agent of a conversation. */
export interface AssignedAgent {
  readonly agentId: string;
  readonly agentName: string;
}

/** How the wish for a human stands, and since when this is known. */
export type Escalation = EscalationStatus & {
  /** Milliseconds since 1970 by this clock: count an estimate down from here. */
  readonly since: number;
};

/** A conversation at one moment. A new object whenever something in it changed, the same one otherwise. */
export interface ConversationSnapshot {
  /** Null until the server knows it. */
  readonly id: string | null;
  /** Null until the server has said. */
  readonly status: ConversationStatus | null;
  /** Stored ones by `seq` without a hole, then one's own that are not stored yet, as typed. */
  readonly messages: readonly TimelineMessage[];
  /** What the assistant is writing now; its stored message takes its place. */
  readonly streaming: StreamingReply | null;
  /** Others who are writing now. */
  readonly typing: readonly TypingUser[];
  readonly participants: readonly Participant[];
  /** Who is here, by user id, as far as it was said. */
  readonly presence: Readonly<Record<string, boolean>>;
  /** Null = nobody asked for a human, as far as is known here. */
  readonly escalation: Escalation | null;
  /** The assistant or the customer's words ask for a human: show the button. Null once it was answered. */
  readonly escalationRequested: { readonly reason: string | null } | null;
  readonly agent: AssignedAgent | null;
  /** Messages of others that this user has not read. */
  readonly unread: number;
  /** How far this user has read. */
  readonly lastReadSeq: number;
  /** The newest number that is shown. */
  readonly lastSeq: number;
  /** There are older messages: `loadOlder()`. */
  readonly hasOlder: boolean;
  /** The first messages, or older ones, are on their way. */
  readonly loading: boolean;
  /** Everything that the server has is shown; false while the link is down or a gap is being filled. */
  readonly live: boolean;
  /** Why it could not be opened (`not_found`, `forbidden`, …). */
  readonly error: SwitchboardError | null;
  /** Why it was closed, once it is. */
  readonly closeReason: string | null;
  /** Notes of staff by `noteSeq`; empty for customers, and until `loadNotes()`. */
  readonly notes: readonly Note[];
}

/** What may go with a message. */
export interface SendOptions {
  /** One's own id of it; drawn at random when left out. The same id never makes a second message. */
  clientId?: string;
  /** The `messageId` that it answers. */
  replyTo?: string;
  metadata?: unknown;
}

/** A message on its way. */
export interface Outgoing {
  readonly clientId: string;
  /** Settles once it is durable, however often the link breaks meanwhile; rejects when it is refused or discarded. */
  readonly stored: Promise<{ messageId: string; createdAt: string }>;
}

/** One conversation: what it looks like now, and what can be done in it. */
export interface Conversation {
  /** Known before the server knows the conversation, and never changes: for lists of a framework. */
  readonly key: string;
  /** The server's id; null until a conversation that was begun here is acknowledged. */
  readonly id: string | null;
  /** Settles with the id once the server knows it. */
  readonly ready: Promise<string>;
  getSnapshot(): ConversationSnapshot;
  /** Calls back after every change. Returns the way to stop. */
  subscribe(listener: () => void): () => void;

  /**
   * Takes part and shows the newest messages (customers: their own; agents: what they own, were offered, or may
   * take; admins: all). Stays open over reconnects until {@link leave}. Calling it again changes nothing.
   */
  open(): Promise<void>;
  /** Stops watching. What was typed is sent nevertheless. */
  leave(): void;
  /** Fetches up to `limit` [50] older messages. False when there are no more. */
  loadOlder(limit?: number): Promise<boolean>;
  /** Asks the server once more how the conversation stands: status, participants, agent, place in the queue. */
  refresh(): Promise<void>;

  /** Sends text. It is shown at once, kept until the server has it, and sent in the order typed. */
  send(content: string, options?: SendOptions): Outgoing;
  /** Sends again what was refused. */
  retry(clientId: string): void;
  /** Forgets what was refused or is still queued. */
  discard(clientId: string): void;
  /** Everything up to `seq` (all that is shown, when left out) is read. Told to the server once. */
  markRead(seq?: number): void;
  /** The user is writing: call it at every key; it is told at most every 3 s and ends by itself. */
  typing(): void;
  /** The user has stopped writing. */
  stopTyping(): void;

  /** Asks for a human. Asking twice changes nothing. */
  escalate(options?: { reason?: string; priority?: number; skills?: string[] }): Promise<Escalation>;
  cancelEscalation(): Promise<void>;
  close(reason?: string): Promise<void>;
  /** From 1 to 5. */
  rate(score: number, comment?: string): Promise<void>;

  /** Staff: takes a waiting conversation. */
  assignToMe(): Promise<AssignedAgent>;
  /** Admins: gives it to somebody. */
  assign(agentId: string): Promise<AssignedAgent>;
  /** Staff: offers it to a colleague or a team. */
  transfer(to: { agentId: string } | { team: string }, note?: string): Promise<{ transferRequestId: string }>;
  /** Staff: gives it back. */
  release(to: "ai" | "queue"): Promise<void>;
  /** Staff: writes a note that customers never see. */
  addNote(content: string, options?: Pick<SendOptions, "clientId">): Promise<void>;
  /** Staff: fetches the notes. New ones come by themselves while it is open. */
  loadNotes(): Promise<void>;
}

/** How a conversation begins. */
export interface StartOptions {
  firstMessage?: string;
  /** `ai` (default): the assistant greets. `human`: escalated at once. */
  mode?: "ai" | "human";
  reason?: string;
  priority?: number;
  skills?: string[];
  metadata?: unknown;
  /** One's own id; drawn at random when left out. The same id never makes a second conversation. */
  clientId?: string;
}

/** Options of a command. */
export interface CommandOptions {
  /** Instead of `timing.sendTimeout`, milliseconds. */
  timeout?: number;
}

/** The link to one server in the name of one user. */
export interface Client {
  readonly state: ConnectionState;
  getSnapshot(): ClientSnapshot;
  /** Calls back after every change of the snapshot. Returns the way to stop. */
  subscribe(listener: () => void): () => void;

  /** Connects and stays connected. Settles with the first `connected`; rejects when the state becomes `error`. */
  connect(): Promise<void>;
  /** Closes the link and stays away until `connect()`. What was typed is kept. */
  disconnect(): void;
  /** Another token: of the same user it is handed to the link; of another user the link is made anew. */
  setToken(token: string | null): void;

  /** Calls back for each event of a type. Returns the way to stop. */
  on<T extends EventType>(type: T, handler: EventHandler<T>): () => void;
  off<T extends EventType>(type: T, handler: EventHandler<T>): void;
  /**
   * Sends a command and settles with its acknowledgement. Waits for the link when there is none. What is safe to
   * repeat is repeated after a lost link or `rate_limited`; the rest rejects with `connection_lost`.
   */
  send<T extends CommandType>(
    type: T,
    data: Commands[T]["data"],
    options?: CommandOptions,
  ): Promise<Commands[T]["reply"]>;

  /** Begins a conversation. It is there at once, also without a link; the server gets to know it when it can. */
  start(options?: StartOptions): Conversation;
  /** The conversation with this id; always the same object. Call its `open()` to see messages. */
  conversation(id: string): Conversation;
  /** REST calls in the name of the same user. */
  readonly rest: Rest;
  /** Like `disconnect()`, and lets go of everything: timers, listeners, the outbox, the other tabs. */
  destroy(): void;
}

/** Something that was typed and is not acknowledged. */
export interface OutboxEntry {
  /** Also the key: a second `put` replaces the first. */
  readonly clientId: string;
  /** Whose it is: the server's address and the user's id. */
  readonly owner: string;
  /** Entries of a conversation are sent by this number, lowest first. */
  readonly order: number;
  readonly kind: "start" | "message";
  /** The conversation's id, or the `clientId` of the `start` entry that makes it. */
  readonly conversation: string;
  /** Of the command, without ids. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When it was typed, RFC 3339. */
  readonly at: string;
  /** The code of the error that it was refused with. */
  readonly failed?: string;
}

/** Where typed text is kept until it is acknowledged. Failures must not be thrown at the user: fall back to memory. */
export interface OutboxStore {
  /** All entries of an owner by `order`. */
  all(owner: string): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(clientId: string): Promise<void>;
  /** Lets go of the store. */
  close?(): void;
}

/** What a {@link Link} tells its client. */
export interface LinkEvents {
  /** One text frame of the server, decoded. */
  frame(frame: { type: string; data: unknown; id?: string | number; event?: HostEvent }): void;
  /** The link stands differently. */
  state(
    state: ConnectionState,
    detail: { retryAt: number | null; attempts: number; error: SwitchboardError | null },
  ): void;
}

/** A way to the server that looks after itself: one socket of one's own, or a share of another tab's. */
export interface Link {
  open(): void;
  close(): void;
  /** False when it is not connected. */
  send(frame: { type: string; data: unknown; id?: string }): boolean;
  /** Look whether the server is still there, and come back at once when it is not. */
  probe(): void;
  /** There is another token. */
  renew(token: string): void;
  /** Lets go of everything. */
  destroy(): void;
}

/**
 * Makes a link. `own` makes one with a socket of its own; `owner` says in whose name it is: the server's address and
 * the user's id, null when the token does not tell.
 */
export type LinkFactory = (
  events: LinkEvents,
  context: { owner: () => Promise<string | null>; own: (events: LinkEvents) => Link; environment: Environment },
) => Link;

export type { ClientErrorCode };
