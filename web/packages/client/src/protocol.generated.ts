// Generated from the Rust code; do not edit.
// Write it anew with: SWITCHBOARD_BLESS=1 cargo test --lib typescript
//
// These are the camelCase keys of `/ws` and REST. Under `/api/v1/ws` the same keys are snake_case
// (`conversation_id`), and the `content` of a message or note is `message_text`.
// A server may send more keys, events and words than this file knows: pass them over.

/** RFC 3339, UTC, with milliseconds: `2026-11-23T09:00:00.000Z`. */
export type Timestamp = string;

export type Availability = "available" | "away" | "draining" | "offline" | "not_responding";

export type ConversationKind = "support" | "guest_staff" | "staff_staff" | "guest_guest" | "group";

export type ConversationStatus = "ACTIVE" | "WAITING_FOR_AGENT" | "OFFERED" | "AGENT_ASSIGNED" | "WRAP_UP" | "CLOSED";

export type EntryStatus = "waiting" | "offered" | "assigned" | "canceled" | "abandoned" | "expired";

export type FallbackPolicy = "offline_message" | "ai" | "queue_anyway";

export type MessageKind = "text" | "system" | "automated" | "transfer_request";

export type ParticipantRole = "owner" | "participant" | "staff";

export type Presence = "connected" | "grace" | "gone";

export type Role = "customer" | "agent" | "admin";

export type SenderRole = "customer" | "agent" | "ai" | "system";

export type WaitUnknown = "no_agents" | "closed" | "too_few_samples";

export type AdminNotice =
  | {
      type: "CONVERSATION_ASSIGNED";
      conversationId: string;
      agentId: string;
      agentName: string;
    }
  | { type: "NEW_QUEUE_ENTRY"; conversationId: string; position: number }
  | { type: "QUEUE_UPDATED"; waiting: number; oldestQueuedAt: Timestamp | null }
  | { type: "AGENT_STATUS" } & Agent
  | { type: "CONVERSATION_CLOSED"; conversationId: string; reason: string }
  | { type: string; conversationId: string; userName: string }
  | { type: "ALERT"; rule: string; severity: string; message: string; since: Timestamp };

export interface Agent {
  agentId: string;
  name: string;
  status: Availability;
  reason: string | null;
  presence: Presence;
  currentChats: number;
  heldOffers: number;
  maxConcurrentChats: number;
  free: number;
  skills: string[];
  teams: string[];
  lastAssignedAt: Timestamp | null;
  lastSeenAt: Timestamp | null;
  since: Timestamp | null;
}

export type AgentNotice =
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
      expiresAt: Timestamp;
      fromAgentId?: string;
      declinedBy?: string;
    }
  | {
      type: "TRANSFER_RESCINDED";
      transferRequestId: string;
      conversationId: string;
      reason: string;
    }
  | { type: "CONVERSATION_UNASSIGNED"; conversationId: string; reason: string }
  | { type: "WORKLOAD_UPDATED" } & Workload
  | { type: "CUSTOMER_LEFT" | "CUSTOMER_RETURNED"; conversationId: string };

export type EscalationStatus =
  | { status: "ASSIGNED" | "ALREADY_ASSIGNED"; agentId: string; agentName: string }
  | { status: "OFFERED" } & QueuePlace
  | { status: "QUEUED" } & QueuePlace
  | { status: "OUTSIDE_HOURS"; nextOpening: Timestamp | null; policy: FallbackPolicy }
  | { status: "NO_AGENTS" | "QUEUE_FULL"; policy: FallbackPolicy }
  | { status: "EXPIRED"; policy: FallbackPolicy; nextOpening: Timestamp | null }
  | { status: "CANCELED" | "NONE" };

export interface Message {
  messageId: string;
  conversationId: string;
  seq: number;
  senderId: string | null;
  senderName: string;
  senderRole: SenderRole;
  content: string;
  messageType: MessageKind;
  aiGenerated: boolean;
  clientId?: string;
  replyTo?: string;
  metadata: unknown;
  createdAt: Timestamp;
  editedAt?: Timestamp;
  deletedAt?: Timestamp;
}

export interface Note {
  messageId: string;
  conversationId: string;
  noteSeq: number;
  internal: true;
  senderId: string | null;
  senderName: string;
  content: string;
  clientId?: string;
  createdAt: Timestamp;
}

export interface Participant {
  userId: string;
  name: string;
  role: ParticipantRole;
  lastReadSeq: number;
  deliveredSeq?: number;
  joinedAt: Timestamp;
  leftAt: Timestamp | null;
}

export interface QueuePlace {
  position: number;
  estimatedWait: number | null;
  estimatedWaitSeconds: { p50: number; p90: number } | null;
  reason?: WaitUnknown;
}

export type QueueRow =
  | {
      conversationId: string;
      userId: string;
      userName: string;
      queuedAt: Timestamp;
      status: EntryStatus;
      priority: number;
      effectivePriority: number;
      skills: string[];
      escalationReason: string | null;
      whyWaiting: string;
    } & QueuePlace;

export interface SentMessage {
  messageId: string;
  seq: number;
  createdAt: Timestamp;
  duplicate: boolean;
}

export type TopicState =
  | { topic: "queue"; number: number; queue: QueueRow[] }
  | { topic: "agents"; number: number; agents?: Agent[]; agent?: Agent }
  | { topic: "metrics"; number: number; metrics: Array<{ name: string; value: number }> }
  | { topic: "notifications"; number: number; unread: number }
  | {
      topic: "availability";
      number: number;
      availability: {
        chatbotId: string;
        open: boolean;
        nextOpening: Timestamp | null;
        onlineAgents: number;
        availableAgents: number;
        freeUnits: number;
        waiting: number;
      } & QueuePlace | {
        chatbotId: string;
        open: boolean;
        nextOpening: Timestamp | null;
        onlineAgents: number;
        availableAgents: number;
        freeUnits: number;
        waiting: number;
        position: number;
      };
    };

export interface Workload {
  currentChats: number;
  maxConcurrentChats: number;
  isAvailable: boolean;
  status: Availability;
}

/** The `data` of each event, by its `type`. */
export interface ServerEvents {
  admin_notification: { timestamp: Timestamp } & AdminNotice;
  agent_joined: { conversationId: string; agentId: string; agentName: string; timestamp: Timestamp };
  agent_left: { conversationId: string; agentId: string; reason: string };
  agent_notification: { timestamp: Timestamp } & AgentNotice;
  ai_message: Message;
  ai_message_delta: { conversationId: string; messageId: string; delta: string; index: number };
  ai_message_dropped: { conversationId: string; messageId: string };
  ai_message_start: { conversationId: string; messageId: string; text: string; index: number };
  chat_session_restored: {
    conversationId: string;
    status: ConversationStatus;
    agent?: { agentId: string; agentName: string };
    history: Message[];
  };
  connected: {
    sessionId: string;
    userId: string;
    role: Role;
    isStaff: boolean;
    serverTime: Timestamp;
    heartbeatMs: number;
    epoch: string;
  };
  conversation_closed: { conversationId: string; reason: string };
  conversation_updated: {
    conversationId: string;
    status: ConversationStatus;
    assignedAgentId: string | null;
    kind?: ConversationKind;
    subject?: string | null;
    participants?: Participant[];
    lastSeq?: number;
    archived?: boolean;
    muted?: boolean;
  };
  escalation_requested: { conversationId: string; reason: string | null };
  escalation_status: { conversationId: string } & EscalationStatus;
  message_deleted: {
    conversationId: string;
    messageId: string;
    seq: number;
    userId: string;
    deletedAt: Timestamp;
  };
  message_delivered: { conversationId: string; userId: string; seq: number };
  message_reaction: {
    conversationId: string;
    messageId: string;
    seq: number;
    userId: string;
    emoji: string;
    on: boolean;
    at: Timestamp;
  };
  message_read: {
    conversationId: string;
    userId: string;
    seq: number;
    messageId: string | null;
    readAt: Timestamp;
  };
  message_updated: Message;
  new_message: Message | Note;
  notification: unknown;
  notification_count: { unread: number; readId?: string; readUpTo?: number };
  order_ready: unknown;
  page_view: { conversationId: string; url: string; title: string | null; at: Timestamp };
  presence: { conversationId: string; userId: string; online: boolean };
  queue_update: { conversationId: string } & QueuePlace;
  server_draining: { reconnectAfterMs: number };
  staff_data: { workload: Workload; onlineStaffCount: number };
  staff_online: { staffId: string; userName: string };
  staff_status_updated: { staffId: string; isOnline: boolean; isAvailable: boolean; status: Availability };
  system_announcement: { announcementId: string; text: string; at: Timestamp };
  token_expiring: { expiresAt: Timestamp };
  topic_update: TopicState;
  unread_count: { conversationId: string; unread: number; lastReadSeq: number; lastSeq: number };
  user_stop_typing: { conversationId: string; userId: string; userName: string };
  user_typing: { conversationId: string; userId: string; userName: string };
}

export type ServerEventType = keyof ServerEvents;

/** Told without being asked for. */
export type ServerEvent = {
  [K in ServerEventType]: { type: K; data: ServerEvents[K] };
}[ServerEventType];

export interface AssignedReply {
  conversationId: string;
  agentId: string;
  agentName: string;
}

export type DoneReply =
  | Record<string, never>;

export type EscalationReply =
  | EscalationStatus;

export interface JoinedReply {
  conversationId: string;
  lastSeq: number;
  participants: Participant[];
  status: ConversationStatus;
  epoch: string;
}

export interface NoteSentReply {
  messageId: string;
  noteSeq: number;
  createdAt: Timestamp;
  duplicate: boolean;
}

export interface PongReply {
  data: unknown;
  serverTime: Timestamp;
  heads: Array<{ conversationId: string; seq: number }>;
}

export interface RegisteredReply {
  userId: string;
  role: Role;
  rooms: string[];
}

export interface ResumedReply {
  conversations: Array<{ conversationId: string; lastSeq: number }>;
  epoch: string;
}

export type SentReply =
  | SentMessage;

export interface StartedReply {
  conversationId: string;
  duplicate: boolean;
  escalation?: EscalationStatus;
  firstMessage?: SentMessage;
}

export interface SubscribedReply {
  topics: TopicState[];
}

export interface TransferOfferedReply {
  transferRequestId: string;
}

export const ERROR_CODES = {
  /** A field is missing or wrong; `field` names it. */
  invalid: { status: 400, retryable: false },
  /** The text is not JSON, or too deeply nested. */
  invalid_json: { status: 400, retryable: false },
  /** The `type` is none that a client can send. */
  unknown_type: { status: 400, retryable: false },
  /** Nobody knows who is asking: no token, or one that is not accepted. */
  unauthenticated: { status: 401, retryable: false },
  /** Known and visible, but not allowed. */
  forbidden: { status: 403, retryable: false },
  /** It does not exist, or is not for the asker's eyes. */
  not_found: { status: 404, retryable: false },
  /** The path exists, the method does not. */
  method_not_allowed: { status: 405, retryable: false },
  /** The conversation is over. */
  conversation_closed: { status: 409, retryable: false },
  /** The offer is no longer open; `takenBy` says who has the conversation. */
  offer_gone: { status: 409, retryable: false },
  /** Somebody else has the conversation; `agentId` says who. */
  already_assigned: { status: 409, retryable: false },
  /** The conversation does not stand where this is possible. */
  not_waiting: { status: 409, retryable: false },
  /** The agent has no free unit. */
  at_capacity: { status: 409, retryable: false },
  /** Nobody reachable there. */
  unreachable: { status: 409, retryable: false },
  /** A transfer of this conversation is under way. */
  transfer_pending: { status: 409, retryable: false },
  /** The idempotency key was used for another request. */
  idempotency_mismatch: { status: 409, retryable: false },
  /** The body or message is too large. */
  too_large: { status: 413, retryable: false },
  /** The body is not JSON. */
  unsupported_media_type: { status: 415, retryable: false },
  /** A bound was reached; `limit` names it. */
  limit_reached: { status: 429, retryable: false },
  /** Too fast; try again after `retryAfterMs`. */
  rate_limited: { status: 429, retryable: true },
  /** A fault of the server. */
  internal: { status: 500, retryable: false },
  /** Surely not done; the same request may work in a moment. */
  unavailable: { status: 503, retryable: true },
  /** The message is kept, but nobody has answered it yet; a retry with the same client id waits on. */
  no_reply: { status: 503, retryable: true },
  /** Nobody knows whether it was done; a retry with the same client id finds out. */
  outcome_unknown: { status: 503, retryable: true },
  /** The server is going away; come back to another. */
  draining: { status: 503, retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export type ErrorBody =
  | {
      code: "invalid";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      field?: string;
    }
  | {
      code: "offer_gone";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      takenBy?: { agentId: string; agentName: string };
    }
  | {
      code: "already_assigned";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      agentId?: string;
      agentName?: string;
    }
  | {
      code: "at_capacity";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      limit?: number;
    }
  | {
      code: "rate_limited" | "invalid_json" | "unknown_type" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conversation_closed" | "not_waiting" | "unreachable" | "transfer_pending" | "idempotency_mismatch" | "too_large" | "unsupported_media_type" | "internal" | "unavailable" | "no_reply" | "outcome_unknown" | "draining";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
    }
  | {
      code: "limit_reached";
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      limit?: string;
      value?: number;
    };

export interface RegisterUserData {
  adminId?: string | number | null | undefined;
  token?: string | null | undefined;
  agentId?: string | number | null | undefined;
  userId?: string | number | null | undefined;
}

export interface RegisterAgentData {
  adminId?: string | number | null | undefined;
  token?: string | null | undefined;
  agentId?: string | number | null | undefined;
  userId?: string | number | null | undefined;
}

export interface RegisterAdminData {
  adminId?: string | number | null | undefined;
  token?: string | null | undefined;
  agentId?: string | number | null | undefined;
  userId?: string | number | null | undefined;
}

export interface RefreshTokenData {
  token: string;
}

export type PingData =
  | unknown;

export interface StartConversationData {
  chatbotId?: string | null | undefined;
  clientId: string;
  firstMessage?: string | null | undefined;
  mode?: "ai" | "human" | null | undefined;
  priority?: number | null | undefined;
  skills?: string[] | null | undefined;
  metadata?: unknown;
  reason?: string | null | undefined;
}

export interface JoinData {
  conversationId: string;
  lastSeq?: number | null | undefined;
}

export interface LeaveData {
  conversationId: string;
}

export interface ResumeData {
  conversations: Array<{ conversationId: string; lastSeq?: number | null | undefined }>;
}

export interface SendMessageData {
  conversationId: string;
  content: string;
  clientId: string;
  messageType?: "text" | "system" | "automated" | "transfer_request" | null | undefined;
  replyTo?: string | null | undefined;
  internal?: boolean | null | undefined;
  metadata?: unknown;
}

export interface TypingStartData {
  conversationId: string;
}

export interface TypingStopData {
  conversationId: string;
}

export interface MarkReadData {
  conversationId: string;
  messageId?: string | null | undefined;
  seq?: number | null | undefined;
}

export interface EscalateData {
  conversationId: string;
  reason?: string | null | undefined;
  priority?: number | null | undefined;
  skills?: string[] | null | undefined;
}

export interface RequestStaffData {
  conversationId: string;
  reason?: string | null | undefined;
  priority?: number | null | undefined;
  skills?: string[] | null | undefined;
}

export interface RequestAgentData {
  conversationId: string;
  reason?: string | null | undefined;
  priority?: number | null | undefined;
  skills?: string[] | null | undefined;
}

export interface CancelEscalationData {
  conversationId: string;
}

export interface AcceptTransferData {
  transferRequestId: string;
  reason?: string | null | undefined;
}

export interface DeclineTransferData {
  transferRequestId: string;
  reason?: string | null | undefined;
}

export interface AssignToMeData {
  conversationId: string;
}

export interface AssignData {
  conversationId: string;
  agentId: string;
}

export interface TransferData {
  conversationId: string;
  agentId?: string | null | undefined;
  team?: string | null | undefined;
  note?: string | null | undefined;
}

export interface ReleaseData {
  conversationId: string;
  to: "ai" | "queue";
}

export interface CloseConversationData {
  conversationId: string;
  reason?: string | null | undefined;
}

export interface AgentStatusData {
  status: "available" | "away" | "draining" | "offline";
  reason?: string | null | undefined;
}

export interface StaffStatusChangeData {
  isOnline?: boolean | null | undefined;
  isAvailable?: boolean | null | undefined;
}

export interface RateConversationData {
  conversationId: string;
  score: number;
  comment?: string | null | undefined;
}

export interface PageViewData {
  conversationId: string;
  url: string;
  title?: string | null | undefined;
}

export interface SubscribeData {
  topics: Array<"queue" | "agents" | "metrics" | "notifications" | "availability">;
}

export interface UnsubscribeData {
  topics: Array<"queue" | "agents" | "metrics" | "notifications" | "availability">;
}

/** What a client can ask for: the `data` of each `type`, and the `data` of its answer. */
export interface Commands {
  register_user: { data: RegisterUserData; reply: RegisteredReply };
  register_agent: { data: RegisterAgentData; reply: RegisteredReply };
  register_admin: { data: RegisterAdminData; reply: RegisteredReply };
  refresh_token: { data: RefreshTokenData; reply: DoneReply };
  ping: { data: PingData; reply: PongReply };
  start_conversation: { data: StartConversationData; reply: StartedReply };
  join: { data: JoinData; reply: JoinedReply };
  leave: { data: LeaveData; reply: DoneReply };
  resume: { data: ResumeData; reply: ResumedReply };
  send_message: { data: SendMessageData; reply: SentReply | NoteSentReply };
  typing_start: { data: TypingStartData; reply: never };
  typing_stop: { data: TypingStopData; reply: never };
  mark_read: { data: MarkReadData; reply: DoneReply };
  escalate: { data: EscalateData; reply: EscalationReply };
  request_staff: { data: RequestStaffData; reply: EscalationReply };
  request_agent: { data: RequestAgentData; reply: EscalationReply };
  cancel_escalation: { data: CancelEscalationData; reply: EscalationReply };
  accept_transfer: { data: AcceptTransferData; reply: AssignedReply };
  decline_transfer: { data: DeclineTransferData; reply: DoneReply };
  assign_to_me: { data: AssignToMeData; reply: AssignedReply };
  assign: { data: AssignData; reply: AssignedReply };
  transfer: { data: TransferData; reply: TransferOfferedReply };
  release: { data: ReleaseData; reply: DoneReply };
  close_conversation: { data: CloseConversationData; reply: DoneReply };
  agent_status: { data: AgentStatusData; reply: DoneReply };
  staff_status_change: { data: StaffStatusChangeData; reply: DoneReply };
  rate_conversation: { data: RateConversationData; reply: DoneReply };
  page_view: { data: PageViewData; reply: DoneReply };
  subscribe: { data: SubscribeData; reply: SubscribedReply };
  unsubscribe: { data: UnsubscribeData; reply: DoneReply };
}

export type CommandType = keyof Commands;

/** What to do after a close code: come back, go on from the numbers one has, only with another token. */
export const CLOSE_CODES = {
  1000: { name: "normal", reconnect: false, resume: false, newToken: false },
  1001: { name: "heartbeat_lost", reconnect: true, resume: true, newToken: false },
  1002: { name: "protocol_error", reconnect: false, resume: false, newToken: false },
  1003: { name: "binary", reconnect: false, resume: false, newToken: false },
  1007: { name: "invalid_utf8", reconnect: false, resume: false, newToken: false },
  1008: { name: "abuse", reconnect: false, resume: false, newToken: false },
  1009: { name: "too_big", reconnect: false, resume: false, newToken: false },
  1011: { name: "internal", reconnect: true, resume: true, newToken: false },
  1012: { name: "server_draining", reconnect: true, resume: true, newToken: false },
  1013: { name: "slow_consumer", reconnect: true, resume: true, newToken: false },
  4401: { name: "unauthenticated, token_expired, logged_out", reconnect: false, resume: true, newToken: true },
  4403: { name: "forbidden", reconnect: false, resume: false, newToken: true },
  4408: { name: "replaced", reconnect: false, resume: false, newToken: false },
  4429: { name: "abuse", reconnect: false, resume: false, newToken: false },
} as const;
