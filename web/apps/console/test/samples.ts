/** Made-up records in the server's shapes. */
import type { Agent, Message, QueueRow } from "@switchboard/client";
import type { Offer } from "@switchboard/client/staff";
import type { Me } from "../src/model/state.ts";
import type { Overview } from "../src/model/wire.ts";

export const NOW = Date.UTC(2026, 10, 23, 9, 0, 0);
export const ME: Me = { id: "ann", name: "Ann", role: "agent" };
const iso = (ms: number) => new Date(ms).toISOString();

export function overview(id: string, more: Partial<Overview> = {}): Overview {
  return {
    id,
    kind: "support",
    status: "AGENT_ASSIGNED",
    handler: "human",
    chatbotId: "default",
    customerId: "cleo",
    customerName: "Cleo",
    assignedAgentId: ME.id,
    escalationRequested: true,
    escalationReason: "refund",
    escalationRequestedAt: iso(NOW - 120_000),
    escalatedAt: iso(NOW - 120_000),
    assignedAt: iso(NOW - 60_000),
    firstResponseAt: iso(NOW - 50_000),
    closedAt: null,
    closeReason: null,
    priority: 0,
    skills: [],
    lastSeq: 4,
    lastMessageAt: iso(NOW - 50_000),
    createdAt: iso(NOW - 180_000),
    version: 3,
    metadata: null,
    assignedAgentName: "Ann",
    waitingSince: null,
    unread: 0,
    rating: null,
    lastMessage: {
      seq: more.lastSeq ?? 4,
      senderRole: "agent",
      senderName: "Ann",
      text: "Hello",
      createdAt: iso(NOW - 50_000),
    },
    ...more,
  } as Overview;
}

export function message(
  conversationId: string,
  seq: number,
  senderRole: Message["senderRole"],
  more: Partial<Message> = {},
): Message {
  return {
    messageId: `${conversationId}-${seq}`,
    conversationId,
    seq,
    senderId: senderRole === "customer" ? "cleo" : senderRole === "agent" ? "bob" : null,
    senderName: senderRole,
    senderRole,
    content: `words ${seq}`,
    messageType: "text",
    aiGenerated: senderRole === "ai",
    createdAt: iso(NOW),
    ...more,
  } as Message;
}

export function offer(id: string, more: Partial<Offer> = {}): Offer {
  return {
    transferRequestId: id,
    conversationId: `c-${id}`,
    agentId: ME.id,
    fromAgentId: null,
    team: null,
    note: null,
    status: "pending",
    createdAt: iso(NOW - 5000),
    expiresAt: iso(NOW + 25_000),
    ...more,
  };
}

export function queueRow(conversationId: string, more: Partial<QueueRow> = {}): QueueRow {
  return {
    conversationId,
    userId: "cleo",
    userName: "Cleo",
    position: 1,
    estimatedWait: null,
    estimatedWaitSeconds: null,
    queuedAt: iso(NOW - 90_000),
    status: "waiting",
    priority: 0,
    effectivePriority: 0,
    skills: [],
    escalationReason: null,
    whyWaiting: "agents_at_capacity",
    ...more,
  };
}

export function agent(agentId: string, more: Partial<Agent> = {}): Agent {
  return {
    agentId,
    name: agentId,
    status: "available",
    reason: null,
    presence: "connected",
    currentChats: 0,
    heldOffers: 0,
    maxConcurrentChats: 5,
    free: 5,
    skills: [],
    teams: [],
    lastAssignedAt: null,
    lastSeenAt: null,
    since: null,
    ...more,
  };
}
