import type { Conversation, ConversationSnapshot } from "@switchboard/client";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { useClient } from "./provider.ts";

/** What {@link useConversation} gives: how it looks now, and what can be done in it. */
export type UseConversationResult = ConversationSnapshot & {
  /** Null when none was named. */
  conversation: Conversation | null;
};

const NONE: ConversationSnapshot = {
  id: null,
  status: null,
  messages: [],
  streaming: null,
  typing: [],
  participants: [],
  presence: {},
  escalation: null,
  escalationRequested: null,
  agent: null,
  unread: 0,
  lastReadSeq: 0,
  lastSeq: 0,
  hasOlder: false,
  loading: false,
  live: false,
  error: null,
  closeReason: null,
  notes: [],
};

/**
 * A conversation by its id, or one that `client.start()` gave. It is opened, and stays open when the component goes:
 * what came meanwhile is there when it is shown again. Call `conversation.leave()` to let go of it.
 */
export function useConversation(of: string | Conversation | null | undefined): UseConversationResult {
  const client = useClient();
  const conversation = typeof of === "string" ? client.conversation(of) : (of ?? null);
  const subscribe = useCallback(
    (listener: () => void) => conversation?.subscribe(listener) ?? (() => {}),
    [conversation],
  );
  const snapshot = useSyncExternalStore(
    subscribe,
    () => conversation?.getSnapshot() ?? NONE,
    () => conversation?.getSnapshot() ?? NONE,
  );
  useEffect(() => {
    // What could not be opened says so in its snapshot.
    conversation?.open().catch(() => {});
  }, [conversation]);
  return { ...snapshot, conversation };
}
