/** The board for those below it, and how they read things. */
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { asError, type Board, type Loaded, nothing } from "./board.ts";

export const BoardContext = createContext<Board | null>(null);

export function useBoard(): Board {
  const board = useContext(BoardContext);
  if (!board) throw new Error("outside of a board");
  return board;
}

/** Reads when something in `watch` changes and on `reload`; what was read before stays meanwhile. */
export function useLoaded<T>(read: () => Promise<T>, watch: readonly unknown[]): Loaded<T> & { reload: () => void } {
  const [state, setState] = useState<Loaded<T>>(nothing);
  const turn = useRef(0);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    setState((before) => ({ ...before, loading: true }));
    latest.current().then(
      (value) => mine === turn.current && setState({ value, error: null, loading: false, at: Date.now() }),
      (cause) => mine === turn.current && setState((before) => ({ ...before, error: asError(cause), loading: false })),
    );
  }, []);
  useEffect(reload, [...watch, reload]);
  useEffect(
    () => () => {
      turn.current += 1;
    },
    [],
  );
  return { ...state, reload };
}

/** The server's clock by this device's, told once a second. */
export function useServerNow(board: Board, every = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now + board.link.value.clockOffset;
}

/** Whether the page is at least this wide. */
export function useWide(pixels: number): boolean {
  const [wide, setWide] = useState(() => innerWidth >= pixels);
  useEffect(() => {
    const query = matchMedia(`(min-width: ${pixels}px)`);
    const changed = () => setWide(query.matches);
    changed();
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [pixels]);
  return wide;
}
