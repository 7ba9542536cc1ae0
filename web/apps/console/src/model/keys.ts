/** The keyboard: one table for what it does and for the sheet that shows it. */

export type KeyAction =
  | "next"
  | "previous"
  | "unanswered"
  | "mine"
  | "queue"
  | "all"
  | "search"
  | "accept"
  | "decline"
  | "take"
  | "reply"
  | "note"
  | "canned"
  | "transfer"
  | "close"
  | "panel"
  | "bell"
  | "help";

export interface Binding {
  /** As `KeyboardEvent.key` says it. */
  readonly keys: readonly string[];
  readonly action: KeyAction;
  readonly group: "list" | "offer" | "conversation" | "desk";
}

export const BINDINGS: readonly Binding[] = [
  { keys: ["j", "ArrowDown"], action: "next", group: "list" },
  { keys: ["k", "ArrowUp"], action: "previous", group: "list" },
  { keys: ["u"], action: "unanswered", group: "list" },
  { keys: ["1"], action: "mine", group: "list" },
  { keys: ["2"], action: "queue", group: "list" },
  { keys: ["3"], action: "all", group: "list" },
  { keys: ["s"], action: "search", group: "list" },
  { keys: ["a"], action: "accept", group: "offer" },
  { keys: ["d"], action: "decline", group: "offer" },
  { keys: ["m"], action: "take", group: "conversation" },
  { keys: ["r"], action: "reply", group: "conversation" },
  { keys: ["n"], action: "note", group: "conversation" },
  { keys: ["/"], action: "canned", group: "conversation" },
  { keys: ["t"], action: "transfer", group: "conversation" },
  { keys: ["e"], action: "close", group: "conversation" },
  { keys: ["i"], action: "panel", group: "conversation" },
  { keys: ["b"], action: "bell", group: "desk" },
  { keys: ["?"], action: "help", group: "desk" },
];

/** What is asked of a key press; null when it belongs to what has the focus. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Something is being composed (an input method). */
  readonly isComposing: boolean;
  /** The focus is in a field that takes text. */
  readonly inText: boolean;
  /** The focus is on something that uses the arrow keys itself: a menu, tabs, the messages. */
  readonly ownArrows: boolean;
}

/** The action of a press. `singles` = keys without Ctrl are switched on. */
export function actionOf(press: Press, singles: boolean): KeyAction | null {
  if (press.isComposing || press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return press.key.toLowerCase() === "k" ? "search" : null;
  if (press.inText || !singles) return null;
  if (press.ownArrows && press.key.startsWith("Arrow")) return null;
  return BINDINGS.find(({ keys }) => keys.includes(press.key))?.action ?? null;
}
