import type { Client, ConnectionState, EventData, EventType } from "@switchboard/client";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useClient } from "./provider.ts";

/** The names of the events that seed 003's hosts send and hear; any other name works as well. */
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

/** Options of {@link useWebSocket}. */
export interface UseWebSocketOptions {
  /** Connects when the component comes [true]. The link is the client's: it stays when the component goes. */
  autoConnect?: boolean;
  /** The link came up, or was up already. */
  onConnect?: () => void;
  /** The link went down. */
  onDisconnect?: () => void;
}

/** A frame for the server; `send` does not wait for its answer. */
export interface OutgoingFrame {
  type: string;
  data?: unknown;
}

/** What {@link useWebSocket} gives. The functions stay the same from render to render. */
export interface UseWebSocketResult {
  /** The server knows who this is, now. */
  isConnected: boolean;
  connectionStatus: ConnectionState;
  /** Settles when the link is up. */
  connect: () => Promise<void>;
  disconnect: () => void;
  /** Hears events of a type. Returns the way to stop. */
  on: <T extends EventType>(eventType: T, handler: (data: EventData<T>) => void) => () => void;
  off: <T extends EventType>(eventType: T, handler: (data: EventData<T>) => void) => void;
  /** Sends a frame; nothing happens on the page when it is refused. Use `client.send` to hear of its answer. */
  send: (message: OutgoingFrame) => void;
}

/** The link as seed 003 has it: `isConnected`, `connectionStatus`, `connect`, `disconnect`, `on`, `off`, `send`. */
export function useWebSocket(options: UseWebSocketOptions = {}): UseWebSocketResult {
  const { autoConnect = true } = options;
  const client = useClient();
  const connectionStatus = useSyncExternalStore(
    client.subscribe,
    () => client.getSnapshot().state,
    () => "disconnected" as const,
  );
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const isConnected = connectionStatus === "connected";
  useEffect(() => {
    if (!isConnected) return;
    latest.current.onConnect?.();
    return () => latest.current.onDisconnect?.();
  }, [isConnected]);

  useEffect(() => {
    // A second mount of strict mode finds it connecting already.
    if (autoConnect && client.state === "disconnected") client.connect().catch(() => {});
  }, [client, autoConnect]);

  const connect = useCallback(() => client.connect(), [client]);
  const disconnect = useCallback(() => client.disconnect(), [client]);
  const on: UseWebSocketResult["on"] = useCallback((type, handler) => client.on(type, handler), [client]);
  const off: UseWebSocketResult["off"] = useCallback((type, handler) => client.off(type, handler), [client]);
  const send = useCallback((message: OutgoingFrame) => sendFrame(client, message), [client]);
  return { isConnected, connectionStatus, connect, disconnect, on, off, send };
}

function sendFrame(client: Client, { type, data = {} }: OutgoingFrame): void {
  client.send(type as Parameters<Client["send"]>[0], data as never).catch(() => {});
}
