import type { Agent, ChosenAvailability, FallbackPolicy, Note, QueueRow } from "./protocol.ts";
import type { Page, Rest } from "./rest.ts";

/** Minutes from midnight; a `toMinute` that is not above `fromMinute` ends on the next day. */
export interface Interval {
  fromMinute: number;
  toMinute: number;
}

/** When a chatbot's people are there. */
export interface Hours {
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: string;
  /** Seven days, Monday first. */
  weekly: { intervals: Interval[] }[];
  /** Instead of the week on one date (`2026-12-24`); no intervals = closed. */
  exceptions: { date: string; name: string; intervals: Interval[] }[];
}

/** Who answers at a chatbot, where it differs from the installation's settings. */
export interface ChatbotAssistant {
  provider: string | null;
  model: string | null;
  prompt: string;
  knowledgeTags: string[];
  handOff: "at_once" | "ask" | null;
}

/** An entrance. */
export interface Chatbot {
  id: string;
  name: string;
  greeting: string;
  routingMode: "auto" | "offer" | "manual" | null;
  closedPolicy: FallbackPolicy | null;
  allowedOrigins: string[];
  /** Opaque to the server. */
  theme: unknown;
  /** Null = always open. */
  hours: Hours | null;
  /** Only for admins. */
  assistant?: ChatbotAssistant;
}

/** An offer of a conversation to an agent. */
export interface Offer {
  transferRequestId: string;
  conversationId: string;
  agentId: string;
  fromAgentId: string | null;
  team: string | null;
  note: string | null;
  status: string;
  createdAt: string;
  expiresAt: string;
}

/** Why this agent, or why none. */
export interface Decision {
  decisionId: string;
  at: string;
  outcome: string;
  agentId: string | null;
  /** Such as `R6`. */
  rule: string;
  manual: boolean;
  note: string | null;
  candidates: { agentId: string; free: number; limit: number; passedOver: string | null }[];
  candidatesLeftOut: number;
}

/** The same in the log over all conversations. */
export interface LoggedDecision extends Decision {
  conversationId: string;
  userName: string;
}

/** What of the decision log is asked for. */
export interface DecisionQuery {
  agent?: string | undefined;
  outcome?: string | undefined;
  /** Such as `R6`. */
  rule?: string | undefined;
  /** Only those of a person, or only automatic ones. */
  manual?: boolean | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** How good the forecasts were. */
export interface QueueAccuracy {
  since: string;
  samples: number;
  /** Mean absolute error, milliseconds. */
  maeMs: number | null;
  biasMs: number | null;
  p90Samples: number;
  /** How many of a thousand waits were within the p90. */
  p90CoveragePermille: number | null;
}

/** What an agent carries. */
export interface Workload {
  agentId: string;
  currentChats: number;
  heldOffers: number;
  maxConcurrentChats: number;
  isAvailable: boolean;
  status: Agent["status"];
}

/** A span of times in milliseconds, as a histogram. */
export interface Histogram {
  count: number;
  sum: number;
  p50: number | null;
  p99: number | null;
  buckets: { upTo: number | null; count: number }[];
}

/** What an assistant did since the process started. */
export interface AssistantUsage {
  provider: string;
  turns: number;
  answered: number;
  handOffs: number;
  failures: { reason: string; count: number }[];
  dropped: number;
  inputTokens: number;
  outputTokens: number;
  cost: number;
  firstDeltaMs: Histogram;
  turnMs: Histogram;
}

/** The REST calls of agents and admins. Commands of a conversation go over the socket: `client.conversation(id)`. */
export interface StaffRest {
  /** The queue as it stands; `number` as in its topic. */
  queue(): Promise<{ items: QueueRow[]; number: number }>;
  queueAccuracy(): Promise<QueueAccuracy>;
  /** Offers to oneself. */
  offers(): Promise<{ items: Offer[] }>;
  acceptOffer(id: string): Promise<{ conversationId?: string; agentId?: string; agentName?: string }>;
  declineOffer(id: string, reason?: string): Promise<void>;
  agents(): Promise<{ items: Agent[]; number: number }>;
  agent(id: string): Promise<Agent>;
  createAgent(agent: {
    id?: string;
    name: string;
    email: string;
    password: string;
    capacity?: number;
    skills?: string[];
    teams?: string[];
  }): Promise<Agent>;
  updateAgent(
    id: string,
    change: { name?: string; capacity?: number; skills?: string[]; teams?: string[] },
  ): Promise<Agent>;
  setAgentStatus(id: string, status: ChosenAvailability, reason?: string): Promise<void>;
  workload(id: string): Promise<Workload>;
  chatbots(): Promise<{ items: Chatbot[] }>;
  chatbot(id: string): Promise<Chatbot>;
  putChatbot(id: string, chatbot: Omit<Chatbot, "id">): Promise<Chatbot>;
  deleteChatbot(id: string): Promise<void>;
  notes(conversationId: string, after?: number): Promise<{ items: Note[]; lastNoteSeq: number }>;
  decisions(conversationId: string): Promise<{
    items: Decision[];
    assignments: { agentId: string; assignedAt: string; manual: boolean }[];
  }>;
  /** The decision log over all conversations, newest first; for admins. */
  decisionLog(query?: DecisionQuery): Promise<Page<LoggedDecision>>;
  /** Lets a waiting conversation come sooner or later: its new base priority, from 0. */
  setPriority(conversationId: string, priority: number): Promise<void>;
  assistantUsage(): Promise<{ items: AssistantUsage[] }>;
}

/** The calls of agents and admins over a client's `rest`. */
export function staffRest(rest: Rest): StaffRest {
  const get = <T>(path: string, query: Record<string, string | number | boolean | undefined> = {}) =>
    rest.request<T>("GET", path, { query });
  const at = (list: string, id: string, more = "") => `/${list}/${encodeURIComponent(id)}${more}`;
  return {
    queue: () => get("/queue"),
    queueAccuracy: () => get("/queue/accuracy"),
    offers: () => get("/offers"),
    acceptOffer: (id) => rest.request("POST", at("offers", id, "/accept")),
    declineOffer: (id, reason) => rest.request("POST", at("offers", id, "/decline"), { body: { reason } }),
    agents: () => get("/agents"),
    agent: (id) => get(at("agents", id)),
    createAgent: (agent) => rest.request("POST", "/agents", { body: agent }),
    updateAgent: (id, change) => rest.request("PATCH", at("agents", id), { body: change }),
    setAgentStatus: (id, status, reason) =>
      rest.request("PUT", at("agents", id, "/status"), { body: { status, reason } }),
    workload: (id) => get(at("agents", id, "/workload")),
    chatbots: () => get("/chatbots"),
    chatbot: (id) => get(at("chatbots", id)),
    putChatbot: (id, chatbot) => rest.request("PUT", at("chatbots", id), { body: chatbot }),
    deleteChatbot: (id) => rest.request("DELETE", at("chatbots", id)),
    notes: (id, after) => get(at("conversations", id, "/notes"), { after }),
    decisions: (id) => get(at("conversations", id, "/decisions")),
    decisionLog: (query = {}) => get("/decisions", { ...query }),
    setPriority: (id, priority) => rest.request("POST", at("conversations", id, "/priority"), { body: { priority } }),
    assistantUsage: () => get("/assistant/usage"),
  };
}
