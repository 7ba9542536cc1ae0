/** What is on the screen: which list, which conversation, which dialog, which toasts. Nothing of it is the server's. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createLinger, type ToastEntry } from "@switchboard/design";
import { createDrafts, type Drafts } from "../model/drafts.ts";
import { keepSettings, readSettings, type Settings } from "../model/settings.ts";
import type { ListName } from "../model/state.ts";
import { addressOf, conversationIn } from "./place.ts";

export type DialogName = "transfer" | "help" | "settings" | "search";
/** Which column is shown where there is room for one. */
export type Pane = "list" | "conversation" | "panel";

export interface Ui {
  readonly tab: Signal<ListName>;
  readonly selected: ReadonlySignal<string | null>;
  readonly pane: Signal<Pane>;
  readonly dialog: Signal<DialogName | null>;
  readonly settings: Signal<Settings>;
  readonly toasts: Signal<readonly ToastEntry[]>;
  readonly drafts: Drafts;
  /** Counts changes of drafts, for what shows which conversations have one. */
  readonly drafted: Signal<number>;
  /** Asks for the composer's attention: `canned` begins a slash. */
  readonly compose: Signal<{ mode: "reply" | "note" | "canned"; nth: number } | null>;
  /** What is said to those who listen rather than look, at once. */
  readonly announced: Signal<string>;
  select(id: string | null, how?: { focus?: boolean; replace?: boolean }): void;
  setDraft(id: string, text: string, note: boolean): void;
  change(settings: Partial<Settings>): void;
  /** Shows a toast for a while, what failed until it is closed; with `key` it takes the place of an earlier one. */
  toast(text: string, more?: Partial<ToastEntry> & { key?: string; forMs?: number }): void;
  dropToast(id: string): void;
  /** Somebody is at the toasts: none goes meanwhile. */
  holdToasts(held: boolean): void;
  stop(): void;
}

const TOAST_MS = 6000;

function localStore(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export function createUi(owner: string, home: URL): Ui {
  const storage = localStore();
  const drafts = createDrafts(owner, storage);
  const path = signal(location.href);
  const selected = computed(() => conversationIn(path.value, home));
  const tab = signal<ListName>("mine");
  const pane = signal<Pane>(conversationIn(location.href, home) ? "conversation" : "list");
  const settings = signal(readSettings(storage));
  const toasts = signal<readonly ToastEntry[]>([]);
  const drafted = signal(0);
  const compose = signal<Ui["compose"]["value"]>(null);
  const linger = createLinger((id) => dropToast(id));
  let count = 0;

  const onPop = () => {
    path.value = location.href;
    pane.value = selected.peek() ? "conversation" : "list";
  };
  addEventListener("popstate", onPop);

  const dropToast = (id: string) => {
    linger.forget(id);
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };

  return {
    tab,
    selected,
    pane,
    dialog: signal<DialogName | null>(null),
    settings,
    toasts,
    drafts,
    drafted,
    compose,
    announced: signal(""),
    select(id, { focus = false, replace = false } = {}) {
      if (selected.peek() !== id) {
        history[replace || (id !== null && selected.peek() !== null) ? "replaceState" : "pushState"](
          null,
          "",
          addressOf(home, id),
        );
        path.value = location.href;
      }
      pane.value = id ? "conversation" : "list";
      if (focus && id) compose.value = { mode: "reply", nth: ++count };
    },
    setDraft(id, text, note) {
      drafts.set(id, { text, note });
      drafted.value++;
    },
    change(some) {
      settings.value = { ...settings.value, ...some };
      keepSettings(storage, settings.value);
    },
    toast(text, { key, forMs = TOAST_MS, ...more } = {}) {
      const id = key ?? `toast-${++count}`;
      dropToast(id);
      toasts.value = [...toasts.value, { text, ...more, id }].slice(-4);
      if (more.tone !== "overdue") linger.start(id, forMs);
    },
    dropToast,
    holdToasts: linger.hold,
    stop() {
      removeEventListener("popstate", onPop);
      for (const { id } of toasts.peek()) linger.forget(id);
    },
  };
}
