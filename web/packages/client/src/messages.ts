import type { ConversationKind } from "./protocol.generated.ts";
import type { ParticipantRole, SenderRole, Timestamp } from "./protocol.ts";
import type { Rest } from "./rest.ts";

/** What kind of people talk: a guest is a customer, staff are agents and admins. */
export type MessagesKind = Exclude<ConversationKind, "support">;
/** As one person sees it: `archived` is one's own, `closed` is for all. */
export type MessagesStatus = "active" | "archived" | "closed";

/** Somebody who takes part. */
export interface MessagesParticipant {
  user_id: string;
  name: string;
  role: ParticipantRole;
  last_read_seq: number;
  joined_at: Timestamp;
  left_at: Timestamp | null;
}

/** A conversation of people with people, as one of them sees it: snake_case keys. */
export interface MessagesConversation {
  id: string;
  type: MessagesKind;
  subject: string | null;
  status: MessagesStatus;
  created_by: string;
  created_at: Timestamp;
  last_message_at: Timestamp;
  last_seq: number;
  /** Messages of others after one's read mark. */
  unread_count: number;
  last_read_seq: number;
  /** One's own wish; messages come all the same. */
  muted: boolean;
  /** Put away by oneself. */
  archived: boolean;
  /** One's own; null for those who only look on. */
  role: ParticipantRole | null;
  participants: MessagesParticipant[];
  /** The newest one, its text cut. */
  last_message: {
    seq: number;
    sender_role: SenderRole;
    sender_name: string;
    message_text: string;
    created_at: Timestamp;
  } | null;
  metadata: unknown;
}

/** A file beside a message. */
export interface MessagesAttachment {
  id: string;
  file_name: string;
  /** A media type, seen by the bytes. */
  file_type: string;
  /** Bytes. */
  file_size: number;
  /** Of a picture, pixels. */
  width: number | null;
  height: number | null;
  /** Relative to the server; good until `url_expires_at` for whoever has it. */
  file_url?: string | null;
  /** Of a picture. */
  thumbnail_url?: string | null;
  url_expires_at?: Timestamp;
}

/** An emoji and who put it. */
export interface MessagesReaction {
  emoji: string;
  count: number;
  user_ids: string[];
  /** One's own is among them. */
  mine: boolean;
}

/** A message of such a conversation. */
export interface MessagesMessage {
  id: string;
  message_id: string;
  conversation_id: string;
  /** From 1, without a hole. */
  seq: number;
  sender_id: string | null;
  sender_name: string;
  sender_role: SenderRole;
  /** Empty once it was taken back. */
  message_text: string;
  message_type: "text" | "system" | "automated" | "transfer_request";
  ai_generated: boolean;
  client_id?: string;
  reply_to?: string;
  metadata: unknown;
  created_at: Timestamp;
  edited_at?: Timestamp;
  /** It was taken back. */
  deleted_at?: Timestamp;
  /** By oneself; one's own are. */
  is_read: boolean;
  reactions: MessagesReaction[];
  attachments: MessagesAttachment[];
}

/** Counts over a user's conversations. */
export interface MessagesStats {
  total_conversations: number;
  active_conversations: number;
  archived_conversations: number;
  closed_conversations: number;
  unread_conversations: number;
  unread_messages: number;
  total_messages: number;
}

/** A message in which the words were found. */
export interface MessagesFound {
  conversation_id: string;
  message_id: string;
  seq: number;
  sender_id: string | null;
  sender_name: string;
  created_at: Timestamp;
  snippet: {
    text: string;
    cut_before: boolean;
    cut_after: boolean;
    /** In UTF-16 units. */
    matches: { start: number; length: number }[];
  };
}

/** A page of messages: the newest ones with `offset` of them left out, or those before or after a `seq`. */
export type MessagesPage = { limit?: number } & (
  | { offset?: number; before?: never; after?: never }
  | { before: number; offset?: never; after?: never }
  | { after: number; offset?: never; before?: never }
);

/**
 * The calls of the in-app messages. A refusal rejects with `SwitchboardError`; what is not for one's eyes is
 * `not_found`, like an unknown id. The events over the socket are the client's own: `new_message`, `message_read`,
 * `message_updated`, `message_deleted`, `message_reaction`, `conversation_updated`, `unread_count`.
 */
export interface MessagesClient {
  /** The same `client_id` never begins a second one. */
  createConversation(conversation: {
    type: MessagesKind;
    subject?: string;
    participant_ids?: string[];
    participants?: { user_id: string; role?: "participant" | "staff" }[];
    client_id?: string;
    metadata?: unknown;
  }): Promise<MessagesConversation>;
  /** Newest activity first, with what is unread; without `status` all but the archived ones. */
  getConversations(filter?: {
    type?: MessagesKind;
    status?: MessagesStatus;
    unread_only?: boolean;
    limit?: number;
    offset?: number;
  }): Promise<MessagesConversation[]>;
  getConversation(id: string): Promise<MessagesConversation>;
  updateConversation(
    id: string,
    change: { subject?: string; status?: MessagesStatus; muted?: boolean; archived?: boolean },
  ): Promise<MessagesConversation>;
  /** Brings people in and sends them away; undefined for who leaves. */
  changeParticipants(
    id: string,
    change: { add?: { user_id: string; role?: "participant" | "staff" }[]; remove?: string[] },
  ): Promise<MessagesConversation | undefined>;
  /** The same `client_id` never makes a second message. Guests send `text`. */
  sendMessage(message: {
    conversation_id: string;
    message_text: string;
    message_type?: "text" | "system" | "automated";
    client_id?: string;
    reply_to?: string;
    /** Ids of files that were uploaded. */
    attachments?: string[];
    metadata?: unknown;
  }): Promise<MessagesMessage>;
  /** Oldest first; 50 a page unless told. */
  getMessages(conversationId: string, page?: MessagesPage): Promise<MessagesMessage[]>;
  /** Everything, or up to a message. */
  markConversationAsRead(
    conversationId: string,
    upTo?: { seq: number } | { message_id: string },
  ): Promise<{ conversation_id: string; last_read_seq: number; unread_count: number }>;
  getStats(): Promise<MessagesStats>;
  /** One's own, for a day. */
  editMessage(id: string, message_text: string): Promise<MessagesMessage>;
  /** Takes it back: its number stays, its text goes. */
  deleteMessage(id: string): Promise<MessagesMessage>;
  addReaction(id: string, emoji: string): Promise<MessagesMessage>;
  /** One of one's own, or all of them. */
  removeReaction(id: string, emoji?: string): Promise<MessagesMessage>;
  forwardMessage(id: string, to: { conversation_id: string; client_id?: string }): Promise<MessagesMessage>;
  /** Words of messages that one may read; every word must begin a word of the message. */
  searchMessages(
    q: string,
    page?: { limit?: number; cursor?: string },
  ): Promise<{ items: MessagesFound[]; next_cursor: string | null }>;
  /** A file for a message that follows; forgotten after a day when none does. */
  uploadAttachment(file: Blob, file_name?: string): Promise<MessagesAttachment>;
  getBlockedUsers(): Promise<{ user_id: string; name: string; blocked_at: Timestamp }[]>;
  /** Nobody is told. */
  blockUser(userId: string): Promise<void>;
  unblockUser(userId: string): Promise<void>;
}

/** The calls of the in-app messages over a client's `rest`. */
export function messagesClient(rest: Rest): MessagesClient {
  const conversations = "/messages/conversations";
  const under = (path: string) => (id: string, more: string) => `${path}/${encodeURIComponent(id)}${more}`;
  const of = under(conversations);
  const message = under("/messages/messages");
  const block = under("/messages/blocks");
  const nameOf = (file: Blob) => ("name" in file && typeof file.name === "string" ? file.name : "file");
  return {
    createConversation: (body) => rest.request("POST", conversations, { body }),
    getConversations: (query = {}) => rest.request("GET", conversations, { query }),
    getConversation: (id) => rest.request("GET", of(id, "")),
    updateConversation: (id, body) => rest.request("PATCH", of(id, ""), { body }),
    changeParticipants: (id, body) => rest.request("PATCH", of(id, "/participants"), { body }),
    sendMessage: (body) => rest.request("POST", "/messages/messages", { body }),
    getMessages: (id, query = {}) => rest.request("GET", of(id, "/messages"), { query: { ...query } }),
    markConversationAsRead: (id, body = undefined) => rest.request("PATCH", of(id, "/read"), { body }),
    getStats: () => rest.request("GET", "/messages/stats"),
    editMessage: (id, message_text) => rest.request("PATCH", message(id, ""), { body: { message_text } }),
    deleteMessage: (id) => rest.request("DELETE", message(id, "")),
    addReaction: (id, emoji) => rest.request("PUT", message(id, "/reactions"), { body: { emoji } }),
    removeReaction: (id, emoji) => rest.request("DELETE", message(id, "/reactions"), { query: { emoji } }),
    forwardMessage: (id, body) => rest.request("POST", message(id, "/forward"), { body }),
    searchMessages: (q, page = {}) => rest.request("GET", "/messages/search", { query: { q, ...page } }),
    uploadAttachment: (file, file_name = nameOf(file)) =>
      rest.request("POST", "/messages/attachments", { body: file, query: { file_name } }),
    getBlockedUsers: () => rest.request("GET", "/messages/blocks"),
    blockUser: (id) => rest.request("PUT", block(id, "")),
    unblockUser: (id) => rest.request("DELETE", block(id, "")),
  };
}
