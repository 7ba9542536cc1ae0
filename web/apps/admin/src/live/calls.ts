/** The REST calls of admins that the client package does not name. */
import type { ConversationRecord, Page, Rest } from "@switchboard/client";
import { type Chatbot, type StaffRest, staffRest } from "@switchboard/client/staff";
import type { Alert } from "../model/alerts.ts";
import type { PreChatField } from "../model/forms.ts";
import type { BucketSize, Report } from "../model/statistics.ts";

/** A conversation in a list. */
export interface Overview extends ConversationRecord {
  lastMessage?: {
    seq: number;
    senderRole: string;
    senderName: string;
    text: string;
    createdAt: string;
  } | null;
  waitingSince?: string | null;
  assignedAgentName?: string | null;
  rating?: number | { score: number; comment: string | null; at: string } | null;
}
export interface Canned {
  id: string;
  shortcut: string;
  title: string;
  content: string;
  shared: boolean;
  updatedAt: string;
}
export interface AuditEntry {
  id: string;
  at: string;
  actorId: string | null;
  actorRole: string;
  action: string;
  subject: string;
  details: unknown;
}
/** A chatbot with what its widget asks and says. */
export interface FullChatbot extends Chatbot {
  preChat?: PreChatField[];
  languages?: string[];
  poweredBy?: string | null;
}
export type Audience = "everyone" | "agents" | "customers" | "queue";
export interface Minted {
  token: string;
  expiresAt: string;
}
export interface ListQuery {
  view?: "all" | "queue" | "closed";
  q?: string;
  status?: string;
  chatbotId?: string;
  escalated?: boolean;
  cursor?: string;
  limit?: number;
}

export interface Calls extends Omit<StaffRest, "chatbots" | "putChatbot"> {
  conversations(query: ListQuery): Promise<Page<Overview>>;
  conversation(id: string): Promise<Overview>;
  transcript(id: string): Promise<string>;
  assign(id: string, agentId: string): Promise<{ agentName?: string }>;
  release(id: string, to: "queue" | "ai"): Promise<void>;
  close(id: string, reason: string): Promise<void>;
  say(id: string, content: string): Promise<void>;
  statistics(range: { from: string; to: string; bucket: BucketSize; chatbotId?: string | undefined }): Promise<Report>;
  alerts(): Promise<{ items: Alert[] }>;
  audit(query: {
    actor?: string | undefined;
    action?: string | undefined;
    cursor?: string | undefined;
  }): Promise<Page<AuditEntry>>;
  canned(): Promise<{ items: Canned[] }>;
  saveCanned(
    id: string | null,
    wording: { shortcut: string; title: string; content: string; shared: boolean },
  ): Promise<Canned>;
  deleteCanned(id: string): Promise<void>;
  announce(text: string, audience: Audience, chatbotId: string | null): Promise<{ reached: number | null }>;
  setPassword(agentId: string, password: string): Promise<void>;
  setActive(agentId: string, active: boolean): Promise<void>;
  chatbots(): Promise<{ items: FullChatbot[] }>;
  putChatbot(id: string, chatbot: Omit<FullChatbot, "id">): Promise<FullChatbot>;
  /** By the host application's secret, which is used for this one call and kept nowhere. */
  mint(
    secret: string,
    token: { userId: string; role: string; name?: string; chatbotId?: string; ttlSeconds?: number },
  ): Promise<Minted>;
}

export function createCalls(rest: Rest): Calls {
  const staff = staffRest(rest);
  const of = (list: string, id: string, more = "") => `/${list}/${encodeURIComponent(id)}${more}`;
  const key = () => crypto.randomUUID();
  return {
    ...staff,
    conversations: (query) => rest.request("GET", "/conversations", { query: { ...query } }),
    conversation: (id) => rest.request("GET", of("conversations", id)),
    transcript: (id) => rest.transcript(id),
    assign: (id, agentId) => rest.request("POST", of("conversations", id, "/assign"), { body: { agentId } }),
    release: (id, to) => rest.request("POST", of("conversations", id, "/release"), { body: { to } }),
    close: (id, reason) => rest.request("POST", of("conversations", id, "/close"), { body: reason ? { reason } : {} }),
    say: (id, content) =>
      rest.request("POST", of("conversations", id, "/messages"), { body: { content, clientId: key() } }),
    statistics: (range) =>
      rest.request("GET", "/statistics", {
        query: { ...range, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
      }),
    alerts: () => rest.request("GET", "/alerts"),
    audit: (query) => rest.request("GET", "/audit", { query: { ...query, limit: 50 } }),
    canned: () => rest.request("GET", "/canned-responses"),
    saveCanned: (id, body) =>
      id
        ? rest.request("PUT", of("canned-responses", id), { body })
        : rest.request("POST", "/canned-responses", { body, idempotencyKey: key() }),
    deleteCanned: (id) => rest.request("DELETE", of("canned-responses", id)),
    announce: (text, audience, chatbotId) =>
      rest.request("POST", "/announcements", {
        body: chatbotId ? { text, audience, chatbotId } : { text, audience },
        idempotencyKey: key(),
      }),
    setPassword: (id, password) => rest.request("POST", of("agents", id, "/password"), { body: { password } }),
    setActive: (id, active) =>
      rest.request("POST", of("agents", id, active ? "/activate" : "/deactivate"), { body: {} }),
    chatbots: () => rest.request("GET", "/chatbots"),
    putChatbot: (id, body) => rest.request("PUT", of("chatbots", id), { body }),
    mint: (secret, body) =>
      rest.request("POST", "/tokens", { body, anonymous: true, headers: { "x-internal-secret": secret } }),
  };
}
