import type { Rest } from "./rest.ts";

/** A conversation of people with people, as the in-app messages have it: snake_case keys. */
export interface MessagesConversation {
  id: string;
  type: "guest_staff" | "staff_staff" | "guest_guest";
  subject: string | null;
  status: "active" | "archived" | "closed";
  created_by?: string;
  created_at: string;
  updated_at?: string;
  last_message_at: string | null;
  last_message_preview?: string | null;
  unread_count?: number;
  participants?: {
    user_id: string;
    name?: string;
    role: "owner" | "participant" | "staff";
    last_read_at: string | null;
    is_muted?: boolean;
  }[];
  metadata?: unknown;
}

/** A message of such a conversation. */
export interface MessagesMessage {
  id: string;
  conversation_id: string;
  sender_id: string | null;
  sender_name?: string;
  message_text: string;
  message_type: "text" | "system" | "automated";
  is_read?: boolean;
  reply_to?: string | null;
  metadata?: unknown;
  created_at: string;
  updated_at?: string | null;
  deleted_at?: string | null;
}

/** Counts over a user's conversations. */
export interface MessagesStats {
  total_conversations: number;
  active_conversations: number;
  unread_messages: number;
  total_messages?: number;
}

/** The calls of the in-app messages. */
export interface MessagesClient {
  createConversation(conversation: {
    type: MessagesConversation["type"];
    subject?: string;
    participant_ids: string[];
    initial_message?: string;
    metadata?: unknown;
  }): Promise<MessagesConversation>;
  getConversations(filter?: { status?: string; limit?: number; offset?: number }): Promise<MessagesConversation[]>;
  getConversation(id: string): Promise<MessagesConversation>;
  updateConversation(
    id: string,
    change: { subject?: string; status?: MessagesConversation["status"]; is_muted?: boolean },
  ): Promise<MessagesConversation>;
  sendMessage(message: {
    conversation_id: string;
    message_text: string;
    message_type?: MessagesMessage["message_type"];
    client_id?: string;
    reply_to?: string;
    metadata?: unknown;
  }): Promise<MessagesMessage>;
  /** The newest first page unless told; 50 a page. */
  getMessages(conversationId: string, page?: { limit?: number; offset?: number }): Promise<MessagesMessage[]>;
  markConversationAsRead(conversationId: string): Promise<void>;
  getStats(): Promise<MessagesStats>;
}

/** The calls of the in-app messages over a client's `rest`. */
export function messagesClient(rest: Rest): MessagesClient {
  const conversations = "/messages/conversations";
  const of = (id: string, more = "") => `${conversations}/${encodeURIComponent(id)}${more}`;
  return {
    createConversation: (conversation) => rest.request("POST", conversations, { body: conversation }),
    getConversations: (filter = {}) =>
      rest.request<Many<MessagesConversation>>("GET", conversations, { query: filter }).then(many),
    getConversation: (id) => rest.request("GET", of(id)),
    updateConversation: (id, change) => rest.request("PATCH", of(id), { body: change }),
    sendMessage: (message) =>
      rest.request("POST", "/messages/messages", {
        body: message,
        ...(message.client_id === undefined ? {} : { idempotencyKey: message.client_id }),
      }),
    getMessages: (id, page = {}) =>
      rest.request<Many<MessagesMessage>>("GET", of(id, "/messages"), { query: page }).then(many),
    markConversationAsRead: async (id) => {
      await rest.request("PATCH", of(id, "/read"));
    },
    getStats: () => rest.request("GET", "/messages/stats"),
  };
}

/** A list as it is, or wrapped in an object. */
type Many<T> = T[] | { items?: T[]; conversations?: T[]; messages?: T[] };

function many<T>(answer: Many<T>): T[] {
  return Array.isArray(answer) ? answer : (answer.items ?? answer.conversations ?? answer.messages ?? []);
}
