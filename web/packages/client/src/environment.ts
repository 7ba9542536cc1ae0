import type { Environment, Timing } from "./types.ts";

declare const VISITOR_ONLY: boolean | undefined;
/** False in a build for a widget (`define: { VISITOR_ONLY: "true" }`): what only staff needs, or the whole client, is left out. */
export const FULL = typeof VISITOR_ONLY === "undefined";

/** See {@link Timing}. */
export const TIMING: Timing = {
  backoffMin: 500,
  backoffMax: 30_000,
  helloTimeout: 10_000,
  pingAfter: 12_000,
  pongTimeout: 8_000,
  ackTimeout: 10_000,
  sendTimeout: 20_000,
};

/** The browser's surroundings; in other runtimes what of them there is. */
export function surroundings(given: Partial<Environment> = {}): Environment {
  return {
    WebSocket: globalThis.WebSocket,
    fetch: (input, init) => globalThis.fetch(input, init),
    now: () => Date.now(),
    random: () => Math.random(),
    watch,
    ...given,
  };
}

function watch(wake: (why: "online" | "visible" | "offline" | "hidden") => void): () => void {
  if (typeof document === "undefined") return () => {};
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener("online", () => wake("online"), { signal });
  addEventListener("offline", () => wake("offline"), { signal });
  // A page that comes out of the back-forward cache shows itself without a change of visibility.
  addEventListener("pageshow", () => wake("visible"), { signal });
  document.addEventListener("visibilitychange", () => wake(document.hidden ? "hidden" : "visible"), { signal });
  return () => stop.abort();
}

/** An id that nobody else draws: 128 random bits. `randomUUID` is not there on pages without TLS. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whose a JWT is, as far as it can be read; it is believed for nothing but the sorting of what is kept locally. */
export function subjectOf(token: string): string | null {
  try {
    const text = atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const claims = JSON.parse(text) as Record<string, unknown>;
    const id = claims.sub ?? claims.id ?? claims.user_id;
    return typeof id === "string" || typeof id === "number" ? String(id) : null;
  } catch {
    return null;
  }
}

/** Listeners that are called once for many changes, after them. */
export function notifier(): { changed(): void; subscribe(listener: () => void): () => void } {
  const listeners = new Set<() => void>();
  let due = false;
  return {
    changed() {
      if (due) return;
      due = true;
      queueMicrotask(() => {
        due = false;
        for (const listener of [...listeners]) if (listeners.has(listener)) guarded(listener);
      });
    },
    subscribe(listener) {
      // Two subscriptions of one function are two.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

/** A listener's fault is its own: the others are called nevertheless, and the page's error handler hears of it. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (fault) {
    queueMicrotask(() => {
      throw fault;
    });
  }
}
