import type {
  Agent,
  AgentAvailability,
  ConversationStatus,
  EscalationStatus,
  QueueRow,
  Role,
  SenderRole,
} from "@switchboard/client";

/** Who is logged in. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

/** The last line of a conversation, as lists show it. */
export interface Line {
  readonly seq: number;
  readonly by: SenderRole;
  readonly name: string;
  /** Plain text, cut. */
  readonly text: string;
  /** Milliseconds since 1970, like all times here. */
  readonly at: number;
}

/** A conversation as lists and headers show it. */
export interface Row {
  readonly id: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly chatbotId: string | null;
  readonly status: ConversationStatus;
  readonly agentId: string | null;
  readonly agentName: string | null;
  /** Somebody asked for a human. */
  readonly escalated: boolean;
  readonly reason: string | null;
  /** In the queue since. */
  readonly waitingSince: number | null;
  /** The customer's oldest message that no agent has answered. */
  readonly askedAt: number | null;
  readonly assignedAt: number | null;
  readonly createdAt: number;
  readonly lastAt: number;
  readonly lastSeq: number;
  readonly unread: number;
  readonly line: Line | null;
  readonly priority: number;
  /** Null = nobody has said. */
  readonly customerHere: boolean | null;
  readonly typing: boolean;
  readonly closedAt: number | null;
  readonly closeReason: string | null;
  readonly rating: number | null;
  readonly metadata: unknown;
}

export type ListName = "mine" | "queue" | "all";

/** How far a list has been fetched. */
export interface Load {
  readonly phase: "loading" | "ready" | "failed";
  /** For the next page; null at the end. */
  readonly cursor: string | null;
  /** The ids that the server listed, in its order. */
  readonly ids: readonly string[];
}

/** A conversation that is offered to this agent. */
export interface OfferView {
  readonly id: string;
  readonly conversationId: string;
  readonly reason: string | null;
  readonly note: string | null;
  readonly fromAgentId: string | null;
  /** When it came here. */
  readonly since: number;
  /** When it ends, by this browser's clock. */
  readonly until: number;
}

/** What this agent carries and how it stands. */
export interface Self {
  readonly status: AgentAvailability;
  readonly reason: string | null;
  readonly used: number;
  readonly limit: number;
}

export type NoticeKind =
  | "assigned"
  | "offered"
  | "offer_taken"
  | "offer_missed"
  | "offer_canceled"
  | "unassigned"
  | "transferred"
  | "transfer_refused"
  | "customer_left"
  | "host";

/** Something that the bell keeps. */
export interface Notice {
  readonly id: string;
  /** Of a notification that the server keeps for all of the person's devices; null = this browser's own. */
  readonly number: number | null;
  readonly kind: NoticeKind;
  readonly conversationId: string | null;
  /** The customer's name, or the title of a host's own event. */
  readonly name: string;
  readonly text: string | null;
  readonly at: number;
  readonly read: boolean;
}

/** Everything that the console knows, without what is only on its screen. */
export interface DeskState {
  readonly me: Me;
  readonly rows: ReadonlyMap<string, Row>;
  readonly lists: Readonly<Record<ListName, Load>>;
  /** In the order in which they will be served; null until known. */
  readonly queue: readonly QueueRow[] | null;
  readonly agents: readonly Agent[] | null;
  readonly offers: ReadonlyMap<string, OfferView>;
  readonly self: Self | null;
  /** Newest first. */
  readonly notices: readonly Notice[];
  /** Notifications that the server keeps and nobody has read on any device, also those that are not in `notices`. */
  readonly storedUnread: number;
  /** For the next page of them; null at the end. */
  readonly storedCursor: string | null;
  /** Conversations that are not support's: people write to each other there, and a desk does not show them. */
  readonly others: ReadonlySet<string>;
  /** Conversations that were named and are not known here: to be fetched. */
  readonly wanted: ReadonlySet<string>;
  /** The conversation that is on the screen of somebody who is looking. */
  readonly watching: string | null;
  /** Conversations that this window is taking: their coming is no news here. */
  readonly taking: ReadonlySet<string>;
}

export type { EscalationStatus };

const nothing: Load = { phase: "loading", cursor: null, ids: [] };

/** Before the server has said anything. */
export function emptyDesk(me: Me): DeskState {
  return {
    me,
    rows: new Map(),
    lists: { mine: nothing, queue: nothing, all: nothing },
    queue: null,
    agents: null,
    offers: new Map(),
    self: null,
    notices: [],
    storedUnread: 0,
    storedCursor: null,
    others: new Set(),
    wanted: new Set(),
    watching: null,
    taking: new Set(),
  };
}
