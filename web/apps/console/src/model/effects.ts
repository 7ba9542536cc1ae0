/** What a change should be heard and seen for: decided from the states before and after it. */
import type { DeskAction } from "./reduce.ts";
import type { DeskState, Notice } from "./state.ts";
import { isNote } from "./wire.ts";

export type Call =
  /** A customer of one's own wrote, and nobody was looking at it. */
  | { call: "message"; conversationId: string; name: string; text: string }
  /** For the toasts, and those that matter also for the ear. */
  | { call: "notice"; notice: Notice; loud: boolean }
  /** The customer wrote before a close was done: it was not done. */
  | { call: "kept_open"; conversationId: string; name: string }
  /** A close could not be done. */
  | { call: "not_closed"; conversationId: string; name: string; code: string };

const LOUD = new Set<Notice["kind"]>(["assigned", "offer_missed", "unassigned", "transfer_refused"]);

/** Offers are called for by their own clock (`offers.ts`), not here. */
export function callsFor(before: DeskState, after: DeskState, action: DeskAction): Call[] {
  if (action.type !== "event") return [];
  const calls: Call[] = [];
  const { event } = action;
  if (event.type === "new_message" && !isNote(event.data) && event.data.senderRole === "customer") {
    const row = after.rows.get(event.data.conversationId);
    const news = row && row.unread > (before.rows.get(row.id)?.unread ?? 0);
    if (row && news && row.agentId === after.me.id) {
      calls.push({ call: "message", conversationId: row.id, name: row.customerName, text: row.line?.text ?? "" });
    }
  }
  const newest = after.notices[0];
  if (newest && newest !== before.notices[0] && newest.kind !== "offered") {
    calls.push({ call: "notice", notice: newest, loud: LOUD.has(newest.kind) });
  }
  return calls;
}
