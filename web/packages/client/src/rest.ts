import { SwitchboardError } from "./errors.ts";
import type {
  ConversationStatus,
  EscalationStatus,
  Message,
  Participant,
  QueuePlace,
  Role,
  WaitRange,
} from "./protocol.ts";

/** A person. */
export interface User {
  id: string;
  role: Role;
  name: string;
  email: string | null;
}

/** A token and whose it is. */
export interface TokenAnswer {
  token: string;
  /** RFC 3339. */
  expiresAt: string;
  user: User;
  /** Only without cookie. */
  refreshToken?: string;
  /** Only with cookie. */
  csrfToken?: string;
}

/** Whether somebody could be reached at a chatbot now. */
export interface Availability {
  open: boolean;
  /** When it opens, while it is closed; null when nobody knows. */
  nextOpening: string | null;
  onlineAgents: number;
  availableAgents: number;
  freeUnits: number;
  /** How many wait. */
  waiting: number;
  /** Of the last one who waits; 0 when nobody does. */
  position: number;
  estimatedWait?: number | null;
  estimatedWaitSeconds?: WaitRange | null;
  reason?: QueuePlace["reason"];
}

/** A conversation's record. */
export interface ConversationRecord {
  id: string;
  kind: string;
  status: ConversationStatus;
  handler: "ai" | "human";
  chatbotId: string | null;
  customerId: string;
  customerName: string;
  assignedAgentId: string | null;
  escalationRequested: boolean;
  escalationReason: string | null;
  escalationRequestedAt: string | null;
  escalatedAt: string | null;
  assignedAt: string | null;
  firstResponseAt: string | null;
  closedAt: string | null;
  closeReason: string | null;
  priority: number;
  skills: string[];
  lastSeq: number;
  lastMessageAt: string;
  createdAt: string;
  version: number;
  metadata: unknown;
}

/** A conversation with who takes part. */
export interface ConversationDetail extends ConversationRecord {
  participants: Participant[];
  rating?: { score: number; comment: string | null; at: string };
}

/** A page of a list. */
export interface Page<T> {
  items: T[];
  /** For the next page; null at the end. */
  nextCursor: string | null;
}

/** What a request carries. */
export interface RequestOptions {
  /** Sent as JSON; a `Blob` as it is, under its own type. */
  body?: unknown;
  /** Left out where undefined. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** The same key never does a thing twice: for unsafe calls that may be repeated. */
  idempotencyKey?: string;
  /** Without the token. */
  anonymous?: boolean;
  /** With cookies: for the calls of a console's session. */
  cookies?: boolean;
  signal?: AbortSignal;
}

/** The REST calls that every face needs; those of staff are in `@switchboard/client/staff`. */
export interface Rest {
  /** Where the calls go: origin and prefix, without a slash at the end. */
  readonly base: string;
  /**
   * Any call. `path` begins with a slash and follows the prefix `/api/v1`, or is a whole path when it begins with
   * `//` (`//api/chats/…`). Rejects with `SwitchboardError`; gives undefined for an answer without a body, and text for
   * one that is not JSON.
   */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** An anonymous customer at a chatbot. The page's origin must be on its list. */
  visitor(visitor: { chatbotId?: string; name?: string; email?: string }): Promise<TokenAnswer>;
  availability(chatbotId: string): Promise<Availability>;
  conversations(filter?: {
    status?: ConversationStatus;
    mine?: boolean;
    escalated?: boolean;
    limit?: number;
    cursor?: string;
  }): Promise<Page<ConversationRecord>>;
  conversation(id: string): Promise<ConversationDetail>;
  /** By rising `seq`: those after a number, or the newest ones before it. */
  messages(
    id: string,
    window?: { after?: number; before?: number; limit?: number },
  ): Promise<{ items: Message[]; lastSeq: number }>;
  queueStatus(id: string): Promise<{ conversationId: string } & EscalationStatus>;
  rate(id: string, score: number, comment?: string): Promise<void>;
  /** The conversation as plain text for people. */
  transcript(id: string): Promise<string>;
}

/** What {@link createRest} needs. */
export interface RestOptions {
  /** The server, without a slash at the end. */
  origin: string;
  fetch: typeof fetch;
  /** The token for a call; null = none. `refused` = the last one was not accepted. */
  token: (refused: boolean) => Promise<string | null>;
}

const segment = encodeURIComponent;

async function failure(response: Response): Promise<SwitchboardError> {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {};
  const after = Number(response.headers.get("retry-after"));
  const { code, message, retryable, details, requestId } = error;
  return new SwitchboardError(
    typeof code === "string" ? code : response.status >= 500 ? "unavailable" : "invalid",
    typeof message === "string" ? message : `HTTP ${response.status}`,
    typeof retryable === "boolean" ? retryable : response.status >= 500 || response.status === 429,
    after > 0 ? after * 1000 : undefined,
    typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {},
    response.status,
    typeof requestId === "string" ? requestId : undefined,
  );
}

/** REST without a socket. */
export function createRest(options: RestOptions): Rest {
  const base = `${options.origin}/api/v1`;

  async function request<T>(method: string, path: string, call: RequestOptions = {}, again = false): Promise<T> {
    const url = new URL(path.startsWith("//") ? options.origin + path.slice(1) : base + path);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const headers: Record<string, string> = { accept: "application/json", ...call.headers };
    const token = call.anonymous ? null : await options.token(again);
    if (token) headers.authorization = `Bearer ${token}`;
    const { body } = call;
    const file = body instanceof Blob;
    if (body !== undefined) headers["content-type"] = file ? body.type : "application/json";
    if (call.idempotencyKey) headers["idempotency-key"] = call.idempotencyKey;
    let response: Response;
    try {
      response = await options.fetch(url, {
        method,
        headers,
        credentials: call.cookies ? "same-origin" : "omit",
        ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
        ...(call.signal ? { signal: call.signal } : {}),
      });
    } catch (cause) {
      throw new SwitchboardError("network", cause instanceof Error ? cause.message : "no answer", true);
    }
    if (response.status === 401 && token && !again) return request(method, path, call, true);
    if (!response.ok) throw await failure(response);
    if (response.status === 204) return undefined as T;
    const json = response.headers.get("content-type")?.includes("json");
    return (await (json ? response.json() : response.text())) as T;
  }

  const of = (id: string) => `/conversations/${segment(id)}`;
  return {
    base,
    request: (method, path, call) => request(method, path, call),
    visitor: (visitor) => request("POST", "/visitors", { body: visitor, anonymous: true }),
    availability: (chatbotId) => request("GET", `/chatbots/${segment(chatbotId)}/availability`),
    conversations: (filter = {}) => request("GET", "/conversations", { query: filter }),
    conversation: (id) => request("GET", of(id)),
    messages: (id, window = {}) => request("GET", `${of(id)}/messages`, { query: window }),
    queueStatus: (id) => request("GET", `${of(id)}/queue-status`),
    rate: (id, score, comment) =>
      request("POST", `${of(id)}/rating`, { body: comment === undefined ? { score } : { score, comment } }),
    transcript: (id) => request("GET", `${of(id)}/transcript`),
  };
}
