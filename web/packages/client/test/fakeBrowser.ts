/**
 * Several tabs in one process: a BroadcastChannel and a lock manager whose messages and grants are microtasks, so that
 * virtual time governs them. `tab()` gives what a tab sees; `freeze` and `die` are what happens to one.
 */
type Note = { data: unknown };

export function createFakeBrowser() {
  const channels = new Set<FakeChannel>();
  const waiting = new Map<string, Request[]>();
  const held = new Map<string, Request>();

  interface Request {
    tab: object;
    run: () => Promise<unknown>;
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
  }

  const frozen = new Set<object>();
  const gone = new Set<object>();

  class FakeChannel {
    onmessage: ((event: Note) => void) | null = null;
    held: Note[] = [];
    constructor(
      readonly name: string,
      readonly tab: object,
    ) {
      channels.add(this);
    }
    postMessage(data: unknown): void {
      if (gone.has(this.tab)) return;
      const copy = structuredClone(data);
      for (const other of channels) {
        if (other === this || other.name !== this.name || gone.has(other.tab)) continue;
        if (frozen.has(other.tab)) other.held.push({ data: copy });
        else queueMicrotask(() => channels.has(other) && other.onmessage?.({ data: copy }));
      }
    }
    close(): void {
      channels.delete(this);
    }
  }

  function grant(name: string): void {
    if (held.has(name)) return;
    const next = waiting.get(name)?.shift();
    if (!next) return;
    held.set(name, next);
    queueMicrotask(() => {
      next
        .run()
        .then(next.resolve, next.reject)
        .finally(() => {
          if (held.get(name) !== next) return;
          held.delete(name);
          grant(name);
        });
    });
  }

  function locksOf(tab: object) {
    return {
      request(
        name: string,
        options: { steal?: boolean; signal?: AbortSignal },
        run: () => Promise<unknown>,
      ): Promise<unknown> {
        return new Promise((resolve, reject) => {
          const mine: Request = { tab, run, resolve, reject };
          if (options.steal) {
            const old = held.get(name);
            held.delete(name);
            waiting.set(name, [mine, ...(waiting.get(name) ?? [])]);
            if (old && !gone.has(old.tab)) old.reject(new DOMException("stolen", "AbortError"));
          } else {
            waiting.set(name, [...(waiting.get(name) ?? []), mine]);
            options.signal?.addEventListener("abort", () => {
              const left = (waiting.get(name) ?? []).filter((one) => one !== mine);
              if (left.length < (waiting.get(name)?.length ?? 0)) reject(new DOMException("aborted", "AbortError"));
              waiting.set(name, left);
            });
          }
          grant(name);
        });
      },
    };
  }

  return {
    /** What one tab's globals are. */
    tab() {
      const tab = {};
      return {
        BroadcastChannel: class extends FakeChannel {
          constructor(name: string) {
            super(name, tab);
          }
        },
        locks: locksOf(tab),
        /** The process of the tab is killed: its locks are free, its channels silent. */
        die() {
          gone.add(tab);
          for (const [name, list] of waiting)
            waiting.set(
              name,
              list.filter((one) => one.tab !== tab),
            );
          for (const [name, one] of [...held]) {
            if (one.tab !== tab) continue;
            held.delete(name);
            grant(name);
          }
        },
        /** The tab stands still: it hears nothing and keeps its locks. */
        freeze: (on: boolean) => {
          if (on) return void frozen.add(tab);
          frozen.delete(tab);
          for (const channel of channels) {
            if (channel.tab !== tab) continue;
            for (const note of channel.held.splice(0)) channel.onmessage?.(note);
          }
        },
      };
    },
  };
}
