/** One of a browser's windows makes the noise. */

export interface Leader {
  /** Whether it is this one. */
  readonly leads: boolean;
  stop(): void;
}

/** The window that has the lock leads until it is closed; where there are no locks, every window does. */
export function electLeader(name: string, locks: LockManager | undefined = globalThis.navigator?.locks): Leader {
  let leads = !locks;
  const ended = new AbortController();
  let release: (() => void) | null = null;
  locks
    ?.request(name, { signal: ended.signal }, () => {
      leads = true;
      return new Promise<void>((done) => {
        release = done;
      });
    })
    .catch(() => {
      // Stopped while it was waiting.
    });
  return {
    get leads() {
      return leads;
    },
    stop() {
      leads = false;
      ended.abort();
      release?.();
    },
  };
}
