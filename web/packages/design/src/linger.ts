/**
 * When toasts go: after a while, but not while somebody is at them (the pointer over them, the focus in them) or the
 * page is out of sight. What failed stays until it is closed.
 */
export function createLinger(drop: (id: string) => void) {
  const left = new Map<string, { ms: number; since: number; timer: ReturnType<typeof setTimeout> | null }>();
  let held = false;

  const run = (id: string) => {
    const one = left.get(id);
    if (!one || one.timer !== null) return;
    one.since = Date.now();
    one.timer = setTimeout(() => {
      left.delete(id);
      drop(id);
    }, one.ms);
  };
  const stop = (one: { ms: number; since: number; timer: ReturnType<typeof setTimeout> | null }) => {
    if (one.timer === null) return;
    clearTimeout(one.timer);
    one.timer = null;
    // At least a moment is left, so that nothing goes at once when the pointer does.
    one.ms = Math.max(1500, one.ms - (Date.now() - one.since));
  };
  return {
    start(id: string, ms: number): void {
      left.set(id, { ms, since: 0, timer: null });
      if (!held) run(id);
    },
    forget(id: string): void {
      const one = left.get(id);
      if (one?.timer) clearTimeout(one.timer);
      left.delete(id);
    },
    hold(on: boolean): void {
      if (on === held) return;
      held = on;
      for (const [id, one] of left) {
        if (on) stop(one);
        else run(id);
      }
    },
  };
}
