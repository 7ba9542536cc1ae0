/** A close that can be taken back for a while instead of being asked about. */

/** How long it can be taken back, milliseconds. */
export const UNDO_MS = 8000;

export interface Closing {
  readonly conversationId: string;
  readonly reason: string;
  /** When it is done. */
  readonly at: number;
  /** The newest message then: a customer who writes after it was not finished. */
  readonly seq: number;
}

/** What has to happen to a pending close: the customer wrote, so it is dropped; its time is over, so it is done. */
export function fateOf(
  closing: Closing,
  row: { lastSeq: number; line: { by: string; seq: number } | null } | undefined,
  now: number,
): "wait" | "do" | "drop" {
  if (row?.line && row.line.by === "customer" && row.line.seq > closing.seq) return "drop";
  return now >= closing.at ? "do" : "wait";
}
