/** `@switchboard/react`: hooks over `@switchboard/client`. No protocol lives here.
 *
 * @packageDocumentation
 */
export { SwitchboardProvider, type SwitchboardProviderProps, useClient } from "./provider.ts";
export { type UseConversationResult, useConversation } from "./useConversation.ts";
export { type Notification, type UseNotificationsResult, useNotifications } from "./useNotifications.ts";
export { useQueue } from "./useQueue.ts";
export {
  type OutgoingFrame,
  type UseWebSocketOptions,
  type UseWebSocketResult,
  useWebSocket,
  WS_EVENTS,
} from "./useWebSocket.ts";
