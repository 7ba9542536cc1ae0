/**
 * The plain dialect in TypeScript: what a server says and takes, camelCase keys.
 *
 * Times are RFC 3339 text in UTC. Ids are opaque text. `seq` counts from 1 in each conversation without a hole.
 */

/** Who somebody is. */
export type Role = "customer" | "agent" | "admin";
/** Who wrote a message. */
export type SenderRole = "customer" | "agent" | "ai" | "system";
/** What a message is. */
export type MessageType = "text" | "system" | "automated" | "transfer_request";
/** Where a conversation stands. */
export type ConversationStatus = "ACTIVE" | "WAITING_FOR_AGENT" | "OFFERED" | "AGENT_ASSIGNED" | "WRAP_UP" | "CLOSED";
/** How an agent wants to be, or (`not_responding`) was found to be. */
export type AgentAvailability = "available" | "away" | "draining" | "offline" | "not_responding";
/** The statuses that an agent may choose. */
export type ChosenAvailability = Exclude<AgentAvailability, "not_responding">;
/** What happens to a customer who cannot be queued. */
export type FallbackPolicy = "offline_message" | "ai" | "queue_anyway";
/** Why nobody can say how long a wait will be. */
export type WaitUnknown = "no_agents" | "closed" | "too_few_samples";
/** What can be watched with `subscribe`. */
export type Topic = "queue" | "agents" | "metrics" | "notifications";

/** The codes of errors, over sockets and REST alike. A newer server may send others. */
export type ErrorCode =
  | "invalid"
  | "invalid_json"
  | "unknown_type"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "conversation_closed"
  | "offer_gone"
  | "already_assigned"
  | "not_waiting"
  | "at_capacity"
  | "unreachable"
  | "transfer_pending"
  | "idempotency_mismatch"
  | "too_large"
  | "unsupported_media_type"
  | "limit_reached"
  | "rate_limited"
  | "internal"
  | "unavailable"
  | "no_reply"
  | "outcome_unknown"
  | "draining";

/** A stored message. */
export interface Message {
  messageId: string;
  conversationId: string;
  seq: number;
  /** Null for the assistant and for lines of the engine. */
  senderId: string | null;
  senderName: string;
  senderRole: SenderRole;
  content: string;
  messageType: MessageType;
  aiGenerated: boolean;
  /** The sender's own id of it. */
  clientId?: string;
  /** The `messageId` that it answers. */
  replyTo?: string;
  /** Whatever its sender put beside it; the assistant's has `sources`, `escalationRequested`, … */
  metadata?: unknown;
  createdAt: string;
  editedAt?: string;
  deletedAt?: string;
}

/** An internal note: seen by agents and admins, numbered by itself. */
export interface Note {
  messageId: string;
  conversationId: string;
  noteSeq: number;
  internal: true;
  senderId: string | null;
  senderName: string;
  content: string;
  clientId?: string;
  createdAt: string;
}

/** Who takes part in a conversation, and how far they have read. */
export interface Participant {
  userId: string;
  name: string;
  role: "owner" | "participant" | "staff";
  lastReadSeq: number;
  joinedAt: string;
  leftAt: string | null;
}

/** Half of all customers in this place wait at most `p50`, nine of ten at most `p90`; seconds. */
export interface WaitRange {
  p50: number;
  p90: number;
}

/** A place in the queue. */
export interface QueuePlace {
  /** 1 = next. */
  position: number;
  /** Whole minutes of the median, rounded up; null = nobody can say, and `reason` says why. */
  estimatedWait: number | null;
  estimatedWaitSeconds: WaitRange | null;
  reason?: WaitUnknown;
}

/** How the wish for a human stands. */
export type EscalationStatus =
  | { status: "ASSIGNED" | "ALREADY_ASSIGNED"; agentId: string; agentName: string }
  | ({ status: "OFFERED" | "QUEUED" } & QueuePlace)
  | { status: "OUTSIDE_HOURS"; nextOpening: string | null; policy: FallbackPolicy }
  | { status: "NO_AGENTS" | "QUEUE_FULL"; policy: FallbackPolicy }
  | { status: "EXPIRED"; policy: FallbackPolicy; nextOpening: string | null }
  | { status: "CANCELED" | "NONE" };

/** An entry of the queue as staff see it. */
export interface QueueRow extends QueuePlace {
  conversationId: string;
  userId: string;
  userName: string;
  queuedAt: string;
  status: "waiting" | "offered";
  priority: number;
  /** With ageing. */
  effectivePriority: number;
  skills: string[];
  escalationReason: string | null;
  whyWaiting: string;
}

/** An agent as staff see it. */
export interface Agent {
  agentId: string;
  name: string;
  status: AgentAvailability;
  /** Why, in the agent's words. */
  reason: string | null;
  presence: "connected" | "grace" | "gone";
  currentChats: number;
  heldOffers: number;
  maxConcurrentChats: number;
  free: number;
  skills: string[];
  teams: string[];
  lastAssignedAt: string | null;
  lastSeenAt: string | null;
}

/** A named counter. */
export interface Metric {
  name: string;
  value: number;
}

/** What a message became once it is durable. */
export interface SentMessage {
  messageId: string;
  seq: number;
  createdAt: string;
  duplicate: boolean;
}

/** What a note became once it is durable. */
export interface SentNote {
  messageId: string;
  noteSeq: number;
  createdAt: string;
  duplicate?: boolean;
}

/** `start_conversation`. */
export interface StartConversation {
  clientId: string;
  chatbotId?: string;
  firstMessage?: string;
  mode?: "ai" | "human";
  priority?: number;
  skills?: string[];
  reason?: string;
  metadata?: unknown;
}

/** `send_message`. */
export interface SendMessage {
  conversationId: string;
  content: string;
  clientId: string;
  messageType?: MessageType;
  replyTo?: string;
  internal?: boolean;
  metadata?: unknown;
}

type Of = { conversationId: string };
/** An answer that says no more than that it is done. */
export type Done = Record<string, never>;
/** The answer to `join`. */
export interface Joined {
  conversationId?: string;
  lastSeq: number;
  participants: Participant[];
  status: ConversationStatus;
  epoch: string;
}
/** The answer to `resume`. */
export interface Resumed {
  conversations: { conversationId: string; lastSeq: number }[];
  epoch: string;
}
/** The answer to `start_conversation`. */
export interface Started {
  conversationId: string;
  duplicate: boolean;
  escalation?: EscalationStatus;
  firstMessage?: SentMessage;
}
/** The answer to `assign_to_me`, `assign` and `accept_transfer`. */
export interface Assigned {
  conversationId: string;
  agentId: string;
  agentName: string;
}
/** One topic as it stood when `subscribe` was answered. */
export interface TopicSnapshot {
  topic: Topic;
  /** Deltas after it count from here. */
  number: number;
  queue?: QueueRow[];
  agents?: Agent[];
  metrics?: Metric[];
}

/** Every command: what goes up and what its acknowledgement brings. */
export interface Commands {
  start_conversation: { data: StartConversation; ack: Started };
  join: { data: Of & { lastSeq?: number }; ack: Joined };
  leave: { data: Of; ack: Done };
  resume: { data: { conversations: { conversationId: string; lastSeq: number }[] }; ack: Resumed };
  send_message: { data: SendMessage; ack: SentMessage & Partial<SentNote> };
  mark_read: { data: Of & ({ seq: number } | { messageId: string }); ack: Done };
  escalate: { data: Of & { reason?: string; priority?: number; skills?: string[] }; ack: EscalationStatus };
  cancel_escalation: { data: Of; ack: EscalationStatus };
  accept_transfer: { data: { transferRequestId: string }; ack: Partial<Assigned> };
  decline_transfer: { data: { transferRequestId: string; reason?: string }; ack: Done };
  assign_to_me: { data: Of; ack: Assigned };
  assign: { data: Of & { agentId: string }; ack: Assigned };
  transfer: {
    data: Of & ({ agentId: string } | { team: string }) & { note?: string };
    ack: { transferRequestId: string };
  };
  release: { data: Of & { to: "ai" | "queue" }; ack: Done };
  close_conversation: { data: Of & { reason?: string }; ack: Done };
  agent_status: { data: { status: ChosenAvailability; reason?: string }; ack: Done };
  rate_conversation: { data: Of & { score: number; comment?: string }; ack: Done };
  subscribe: { data: { topics: Topic[] }; ack: { topics: TopicSnapshot[] } };
  unsubscribe: { data: { topics: Topic[] }; ack: Done };
  refresh_token: { data: { token: string }; ack: Done };
  ping: { data: unknown; ack: Pong };
}
/** A command's `type`. */
export type CommandType = keyof Commands;

/** The answer to `ping`. */
export interface Pong {
  data: unknown;
  serverTime: string;
  /** The newest number of every joined conversation. */
  heads: { conversationId: string; seq: number }[];
}

/** Told to one agent. */
export type AgentNotification = { timestamp: string } & (
  | {
      type: "NEW_CONVERSATION_ASSIGNED";
      conversationId: string;
      userId: string;
      userName: string;
      summary: string | null;
    }
  | {
      type: "NEW_TRANSFER_REQUEST";
      transferRequestId: string;
      conversationId: string;
      reason: string | null;
      note?: string;
      expiresAt: string;
      fromAgentId?: string;
    }
  | {
      type: "TRANSFER_RESCINDED";
      transferRequestId: string;
      conversationId: string;
      /** `taken`, `timed_out`, `canceled` or `unavailable`. */
      reason: string;
    }
  | { type: "CONVERSATION_UNASSIGNED"; conversationId: string; reason: string }
  | {
      type: "WORKLOAD_UPDATED";
      currentChats: number;
      maxConcurrentChats: number;
      isAvailable: boolean;
      status: AgentAvailability;
    }
  | { type: "CUSTOMER_LEFT" | "CUSTOMER_RETURNED"; conversationId: string }
);

/** Told to all admins. */
export type AdminNotification = { timestamp: string } & (
  | { type: "CONVERSATION_ASSIGNED"; conversationId: string; agentId: string; agentName: string }
  | { type: "NEW_QUEUE_ENTRY"; conversationId: string; position: number }
  | { type: "QUEUE_UPDATED"; waiting: number; oldestQueuedAt: string | null }
  | ({ type: "AGENT_STATUS" } & Agent)
  | { type: "CONVERSATION_CLOSED"; conversationId: string; reason: string }
  | { type: "ALERT"; rule: string; severity: "warning" | "critical" | "cleared"; message: string; since: string }
);

/** A change of a watched topic. `agents` = all of them, `agent` = this one changed. */
export interface TopicUpdate {
  topic: Topic;
  number: number;
  queue?: QueueRow[];
  agents?: Agent[];
  agent?: Agent;
  metrics?: Metric[];
}

/** Every event that a server sends by itself, by its `type`. */
export interface ServerEvents {
  /** Who the server takes this link for; the first thing it says. */
  connected: {
    sessionId: string;
    userId: string;
    role: Role;
    isStaff: boolean;
    serverTime: string;
    heartbeatMs: number;
    epoch: string;
  };
  registered: { userId: string; role: Role; rooms: string[] };
  /** A message of a person or of the engine, or a note (`internal: true`). */
  new_message: Message | Note;
  /** The assistant's stored message. */
  ai_message: Message;
  ai_message_start: Of & { messageId: string; text: string; index: number };
  ai_message_delta: Of & { messageId: string; delta: string; index: number };
  ai_message_dropped: Of & { messageId: string };
  user_typing: Of & { userId: string; userName: string };
  user_stop_typing: Of & { userId: string; userName: string };
  message_read: Of & { userId: string; seq: number; messageId: string | null; readAt: string };
  message_delivered: Of & { userId: string; seq: number };
  presence: Of & { userId: string; online: boolean };
  chat_session_restored: Of & {
    status: ConversationStatus;
    agent?: { agentId: string; agentName: string };
    history: Message[];
  };
  /** The assistant, or the customer's words, ask for a human: show the button. */
  escalation_requested: Of & { reason: string | null };
  escalation_status: Of & EscalationStatus;
  queue_update: Of & QueuePlace;
  agent_joined: Of & { agentId: string; agentName: string; timestamp: string };
  agent_left: Of & { agentId: string; reason: string };
  conversation_updated: Of & { status: ConversationStatus; assignedAgentId: string | null };
  conversation_closed: Of & { reason: string };
  agent_notification: AgentNotification;
  admin_notification: AdminNotification;
  staff_online: { staffId: string; userName: string };
  staff_status_updated: { staffId: string; isOnline: boolean; isAvailable: boolean; status: AgentAvailability };
  staff_data: {
    workload: {
      currentChats: number;
      maxConcurrentChats: number;
      isAvailable: boolean;
      status: AgentAvailability;
    };
    onlineStaffCount: number;
  };
  topic_update: TopicUpdate;
  token_expiring: { expiresAt: string };
  server_draining: { reconnectAfterMs: number };
}
