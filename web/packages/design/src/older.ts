import { useEffect, useRef, useState } from "preact/hooks";

export interface OlderOptions {
  /** Fetches the next older part. */
  load: () => Promise<unknown>;
  /** There is more. */
  hasOlder: boolean;
  /** It is being fetched. */
  busy: boolean;
  /** How many there are. */
  have: number;
  /** Fetch without being asked: too little is there to fill a screen, and what does not scroll never asks. */
  wanted: boolean;
}

/** What to wait after so many failures in a row, milliseconds: 2 s, 4 s … 30 s. */
export const olderPause = (failures: number): number => Math.min(30_000, 1000 * 2 ** failures);

/**
 * Older messages: `more` when the reader comes near the start, `again` by a button. After a failure nothing is fetched
 * until its pause is over or somebody presses the button, however often the reader scrolls.
 */
export function useOlder(options: OlderOptions) {
  const { hasOlder, busy, wanted, have } = options;
  const [failures, setFailures] = useState(0);
  const latest = useRef(options);
  latest.current = options;
  const running = useRef(false);
  const alive = useRef(true);
  const go = () => {
    if (running.current || !latest.current.hasOlder) return;
    running.current = true;
    const before = latest.current.have;
    const ended = (failed: boolean) => {
      running.current = false;
      if (alive.current) setFailures((count) => (failed ? count + 1 : 0));
    };
    latest.current.load().then(
      // An answer that brought nothing although there is more would be asked for at once again, and again.
      () => setTimeout(() => ended(latest.current.hasOlder && latest.current.have <= before)),
      () => ended(true),
    );
  };
  useEffect(() => {
    if (!hasOlder || busy) return;
    if (failures === 0) {
      if (wanted) go();
      return;
    }
    const timer = setTimeout(go, olderPause(failures));
    return () => clearTimeout(timer);
  }, [hasOlder, busy, wanted, failures, have]);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  return {
    failed: failures > 0 && hasOlder,
    more: () => {
      if (failures === 0) go();
    },
    again: go,
  };
}
