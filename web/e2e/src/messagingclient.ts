/** Seed 003's client, written down from the document: the workings of its socket hook, and its calls for messages. */
import { WebSocket } from "ws";

/** What the document names; a host may say others. */
export const WS_EVENTS = {
  NOTIFICATION: "notification",
  BOOKING_CREATED: "booking_created",
  BOOKING_UPDATED: "booking_updated",
  PAYMENT_COMPLETED: "payment_completed",
  PAYMENT_FAILED: "payment_failed",
  ORDER_CREATED: "order_created",
  ORDER_STATUS_CHANGED: "order_status_changed",
  ORDER_READY: "order_ready",
  NEW_MESSAGE: "new_message",
  ROOM_AVAILABILITY_CHANGED: "room_availability_changed",
  SYSTEM_ANNOUNCEMENT: "system_announcement",
} as const;

/** What comes with an event. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the server says
export type Data = any;
type Handler = (data: Data) => void;

export interface Options {
  autoConnect?: boolean;
  onConnect?: () => void;
  onDisconnect?: () => void;
  /** Of the first attempt to come back; each further one waits twice as long. */
  reconnectDelayMs?: number;
  reconnectAttempts?: number;
}

/** One device of a user: connects with the token in the address, comes back by itself, tells who asked by event. */
export class EventSocket {
  connectionStatus: "connecting" | "connected" | "disconnected" | "error" = "disconnected";
  private socket: WebSocket | null = null;
  private attempts = 0;
  private wanted = false;
  private readonly handlers = new Map<string, Set<Handler>>();

  constructor(
    private readonly address: string,
    private readonly token: string,
    private readonly options: Options = {},
  ) {
    if (options.autoConnect) void this.connect();
  }

  get isConnected() {
    return this.connectionStatus === "connected";
  }

  /** Settles when the server has said who is connected, or has refused. */
  connect(): Promise<void> {
    this.wanted = true;
    this.connectionStatus = "connecting";
    const url = `${this.address.replace("http", "ws")}/api/v1/ws?token=${encodeURIComponent(this.token)}`;
    const socket = new WebSocket(url);
    this.socket = socket;
    return new Promise((resolve, reject) => {
      socket.on("message", (frame) => {
        const { type, data } = JSON.parse(String(frame));
        if (type === "connected") {
          this.connectionStatus = "connected";
          this.attempts = 0;
          this.options.onConnect?.();
          resolve();
        }
        for (const handler of [...(this.handlers.get(type) ?? [])]) handler(data);
      });
      socket.on("error", (error) => {
        this.connectionStatus = "error";
        reject(error);
      });
      socket.on("close", (code) => {
        reject(new Error(`closed with ${code}`));
        if (this.socket === socket) this.lost(code);
      });
    });
  }

  private lost(code: number) {
    const refused = code >= 4400 && code < 4500;
    if (this.connectionStatus === "connected") this.options.onDisconnect?.();
    this.connectionStatus = refused ? "error" : "disconnected";
    const { reconnectDelayMs = 1000, reconnectAttempts = 5 } = this.options;
    if (refused || !this.wanted || this.attempts >= reconnectAttempts) return;
    const wait = Math.min(reconnectDelayMs * 2 ** this.attempts++, 30_000);
    setTimeout(() => {
      // What comes of it is told by its events.
      if (this.wanted) this.connect().catch(() => {});
    }, wait);
  }

  disconnect() {
    this.wanted = false;
    this.socket?.close();
  }

  on(eventType: string, handler: Handler) {
    const known = this.handlers.get(eventType) ?? new Set();
    this.handlers.set(eventType, known.add(handler));
    return () => this.off(eventType, handler);
  }

  off(eventType: string, handler: Handler) {
    this.handlers.get(eventType)?.delete(handler);
  }

  send(message: { type: string; data?: unknown }) {
    this.socket?.send(JSON.stringify(message));
  }
}

export interface Conversation {
  id: string;
  type: string;
  subject: string | null;
  unread_count: number;
  last_message: { message_text: string } | null;
  participants: { user_id: string; role: string }[];
}

export interface Message {
  id: string;
  conversation_id: string;
  seq: number;
  sender_id: string;
  message_text: string;
  is_read: boolean;
}

export interface Notification {
  id: string;
  data: { title: string; message: string };
  read: boolean;
}

/** A refusal, with its status. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`refused with ${status}`);
  }
}

/** The document's calls, in somebody's name. */
export function messagingService(address: string, token: string) {
  const call = async (method: string, path: string, body?: unknown): Promise<Data> => {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Refused(answer.status, said);
    return said;
  };
  const of = (id: string) => `/messages/conversations/${encodeURIComponent(id)}`;
  return {
    createConversation: (body: { type: string; subject?: string; participant_ids: string[] }): Promise<Conversation> =>
      call("POST", "/messages/conversations", body),
    getConversations: (): Promise<Conversation[]> => call("GET", "/messages/conversations"),
    getConversation: (id: string): Promise<Conversation> => call("GET", of(id)),
    updateConversation: (id: string, body: object): Promise<Conversation> => call("PATCH", of(id), body),
    sendMessage: (body: { conversation_id: string; message_text: string }): Promise<Message> =>
      call("POST", "/messages/messages", body),
    getMessages: (id: string, limit = 50, offset = 0): Promise<Message[]> =>
      call("GET", `${of(id)}/messages?limit=${limit}&offset=${offset}`),
    markAsRead: (id: string): Promise<{ unread_count: number }> => call("PATCH", `${of(id)}/read`),
    getStats: (): Promise<{ unread_messages: number; total_messages: number }> => call("GET", "/messages/stats"),
    getNotifications: (): Promise<{ items: Notification[]; unread: number }> => call("GET", "/notifications"),
    markNotificationsAsRead: (ids: string[]): Promise<{ unread: number }> =>
      call("POST", "/notifications/read", { ids }),
  };
}
