/** Short messages at the corner, and things that are done in a while unless they are taken back. */
import { signal } from "@preact/signals";
import { createLinger, type ToastEntry } from "@switchboard/design";

export const toasts = signal<readonly ToastEntry[]>([]);
let last = 0;
const linger = createLinger(dismiss);
/** Somebody is at the toasts: none goes meanwhile. */
export const hold = linger.hold;

export function dismiss(id: string): void {
  linger.forget(id);
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function toast(
  text: string,
  tone: NonNullable<ToastEntry["tone"]> = "plain",
  action?: ToastEntry["action"],
  stays = 6000,
): string {
  last += 1;
  const id = String(last);
  // What can be taken back stays in sight; of the others the newest two.
  const [plain, undoable] = [toasts.value.filter((one) => !one.action), toasts.value.filter((one) => one.action)];
  toasts.value = [...undoable, ...plain.slice(-2), { id, text, tone, ...(action ? { action } : {}) }];
  // What failed stays until it is read and closed.
  if (tone !== "overdue") linger.start(id, stays);
  return id;
}

/** How long something can be taken back. */
export const UNDO_MS = 8000;
const pending = new Map<string, () => void>();

/** Does something in eight seconds. Asking twice for the same `key` changes nothing; leaving the page does it at once. */
export function inAWhile(key: string, text: string, undo: string, act: () => void, back?: () => void): void {
  if (pending.has(key)) return;
  const run = () => {
    clearTimeout(timer);
    pending.delete(key);
    dismiss(shown);
    act();
  };
  const timer = setTimeout(run, UNDO_MS);
  pending.set(key, run);
  const keep = () => {
    clearTimeout(timer);
    pending.delete(key);
    back?.();
  };
  const shown = toast(text, "plain", { label: undo, onSelect: keep }, UNDO_MS);
}

export const isPending = (key: string): boolean => pending.has(key);
globalThis.addEventListener?.("pagehide", () => {
  for (const run of [...pending.values()]) run();
});
