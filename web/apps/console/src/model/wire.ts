/** What the server says, and how it becomes what is shown. */
import type { ConversationRecord, Message, Note, SenderRole } from "@switchboard/client";
import type { Row } from "./state.ts";

export type {
  Agent,
  AgentNotification,
  ConversationRecord,
  Message,
  Note,
  QueueRow,
  ServerEvents,
} from "@switchboard/client";
export type { Decision, Offer } from "@switchboard/client/staff";

/** A conversation as `GET /conversations?view=` lists it. A single record has none of what is optional here. */
export interface Overview extends ConversationRecord {
  assignedAgentName?: string | null;
  waitingSince?: string | null;
  unread?: number;
  rating?: number | { score: number } | null;
  lastMessage?: {
    seq: number;
    senderRole: SenderRole;
    senderName: string;
    text: string;
    createdAt: string;
  } | null;
}

/** A note of staff rather than a message. */
export function isNote(message: Message | Note): message is Note {
  return "internal" in message && message.internal === true;
}

const time = (text: string | null | undefined) => (text ? Date.parse(text) : null);

/** Since when the customer waits for a person's answer, as far as a record tells it. */
function askedAt(item: Overview, line: Row["line"], before: Row | undefined): number | null {
  if (line?.by === "customer") return before?.askedAt ?? line.at;
  if (line?.by === "agent") return null;
  // Nobody has answered at all: it counts from the wish for a human.
  if (item.assignedAgentId !== null && item.firstResponseAt === null)
    return time(item.escalationRequestedAt) ?? time(item.assignedAt);
  return null;
}

/** A list's row; what the record does not say is taken from what was known. */
export function rowOf(item: Overview, before?: Row): Row {
  const last = item.lastMessage;
  const line = last
    ? { seq: last.seq, by: last.senderRole, name: last.senderName, text: last.text, at: Date.parse(last.createdAt) }
    : (before?.line ?? null);
  const open = item.status !== "CLOSED";
  const waits = item.status === "WAITING_FOR_AGENT" || item.status === "OFFERED";
  return {
    id: item.id,
    customerId: item.customerId,
    customerName: item.customerName,
    chatbotId: item.chatbotId,
    status: item.status,
    agentId: item.assignedAgentId,
    agentName:
      item.assignedAgentName ?? (before?.agentId === item.assignedAgentId ? (before?.agentName ?? null) : null),
    escalated: item.escalationRequested || waits || item.escalatedAt !== null,
    reason: item.escalationReason,
    waitingSince: waits
      ? (time(item.waitingSince) ?? time(item.escalatedAt) ?? time(item.escalationRequestedAt))
      : null,
    askedAt: open ? askedAt(item, line, before) : null,
    assignedAt: time(item.assignedAt),
    createdAt: Date.parse(item.createdAt),
    lastAt: Date.parse(item.lastMessageAt),
    lastSeq: item.lastSeq,
    unread: item.unread ?? before?.unread ?? 0,
    line,
    priority: item.priority,
    customerHere: before?.customerHere ?? null,
    typing: open ? (before?.typing ?? false) : false,
    closedAt: time(item.closedAt),
    closeReason: item.closeReason,
    rating: typeof item.rating === "object" ? (item.rating?.score ?? null) : (item.rating ?? null),
    metadata: item.metadata,
  };
}
