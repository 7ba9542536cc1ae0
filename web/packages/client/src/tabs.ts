import { FULL, randomId } from "./environment.ts";
import type { SwitchboardError } from "./errors.ts";
import type { ConnectionState, Link, LinkEvents, LinkFactory } from "./types.ts";

type Frame = { type: string; data: unknown; id?: string | number };
type Detail = { retryAt: number | null; attempts: number; error: SwitchboardError | null };

/** What tabs say to each other. Structured clones: an error keeps its message only, so it goes as plain fields. */
type Note =
  /** A tab is here and wants to know how things stand. */
  | { kind: "hello"; from: string }
  /** How they stand; `to` null = to all. */
  | { kind: "state"; to: string | null; state: ConnectionState; detail: Detail; connected: Frame | null }
  /** What the server said; `to` null = to all. */
  | { kind: "frame"; to: string | null; frame: Frame }
  /** To the leader, for the server. */
  | { kind: "send"; from: string; frame: Frame }
  | { kind: "open" | "probe"; from: string }
  | { kind: "renew"; from: string; token: string }
  /** A tab asks the leader whether it lives; the leader does. */
  | { kind: "alive?"; from: string }
  | { kind: "alive"; to: string }
  /** A tab goes. */
  | { kind: "bye"; from: string };

/** How often a visible tab asks for the leader's life, and how long it waits for an answer. */
const ASK = 10_000;
const PATIENCE = 3_000;

/** What a tab takes part in or watches, so that one tab's leaving does not end another's watching. */
function stakeOf(frame: Frame): string[] {
  const data = (frame.data ?? {}) as { conversationId?: unknown; topics?: unknown; conversations?: unknown };
  if (frame.type === "join" || frame.type === "leave") return [String(data.conversationId)];
  if (frame.type === "resume" && Array.isArray(data.conversations)) {
    return data.conversations.map((one: { conversationId?: unknown }) => String(one.conversationId));
  }
  if ((frame.type === "subscribe" || frame.type === "unsubscribe") && Array.isArray(data.topics)) {
    return data.topics.map((topic) => `topic ${String(topic)}`);
  }
  return [];
}

/**
 * One connection for all tabs of a browser that speak for the same user: the tab that holds a Web Lock has the
 * socket, the others talk through it over a BroadcastChannel, and when it closes, dies or freezes, another takes over.
 * Where the browser has neither, each tab has a connection of its own. Needs no worker and no `eval`.
 */
export function sharedConnection(options: { name?: string } = {}): LinkFactory {
  return (events, { owner, own }) => {
    const Channel = globalThis.BroadcastChannel;
    const locks = globalThis.navigator?.locks;
    if (!Channel || !locks) return own(events);

    const me = randomId();
    let channel: BroadcastChannel | null = null;
    let name = "";
    /** Of the leader: the socket. */
    let socket: Link | null = null;
    /** Without a name to share under, a link of one's own. */
    let alone: Link | null = null;
    let wanted = false;
    let giveUp: AbortController | null = null;
    let resign: (() => void) | null = null;
    let state: ConnectionState = "disconnected";
    const fresh: Detail = { retryAt: null, attempts: 0, error: null };
    let detail = fresh;
    /** The server's first word, for tabs that come later. */
    let greeting: Frame | null = null;
    /** Whose question it was, by the id of its answer; and whose stake what is. */
    let askers = new Map<string, string>();
    let stakes = new Map<string, Set<string>>();
    let asking: ReturnType<typeof setInterval> | undefined;
    let dead: ReturnType<typeof setTimeout> | undefined;

    const post = (note: Note) => channel?.postMessage(note);

    function stand(next: ConnectionState, more: Detail): void {
      state = next;
      detail = more;
      events.state(next, more);
    }

    // ---- as the leader ----

    const relay: LinkEvents = {
      frame(frame) {
        if (frame.type === "connected") greeting = frame;
        if (!FULL) {
          // A visitor's tabs know their own questions, and pass over the answers to others.
          events.frame(frame);
          return post({ kind: "frame", to: null, frame });
        }
        const id = frame.id === undefined ? null : String(frame.id);
        const asker = id === null ? undefined : askers.get(id);
        if (id !== null) askers.delete(id);
        if (asker === undefined || asker === me) events.frame(frame);
        if (asker !== me) post({ kind: "frame", to: asker ?? null, frame });
      },
      state(next, more) {
        stand(next, more);
        post({ kind: "state", to: null, state: next, detail: plain(more), connected: null });
        if (!FULL || next === "connected") return;
        // The server forgot who watches what; each tab tells it anew.
        askers = new Map();
        stakes = new Map();
      },
    };

    /** To the server, in the name of a tab. */
    function forward(frame: Frame, from: string): boolean {
      if (!socket) return false;
      // A visitor leaves nothing, and unsubscribes from nothing.
      if (!FULL) return socket.send(frame as Parameters<Link["send"]>[0]);
      const ends = frame.type === "leave" || frame.type === "unsubscribe";
      const stake = stakeOf(frame);
      for (const one of stake) {
        const holders = stakes.get(one) ?? new Set();
        if (ends) holders.delete(from);
        else holders.add(from);
        stakes.set(one, holders);
      }
      if (ends && stake.some((one) => (stakes.get(one)?.size ?? 0) > 0)) {
        // Another tab still looks: it ends for the one that asked, and the server need not know.
        const answer: Frame = { type: "ack", data: {}, ...(frame.id === undefined ? {} : { id: frame.id }) };
        if (from === me) queueMicrotask(() => events.frame(answer));
        else post({ kind: "frame", to: from, frame: answer });
        return true;
      }
      if (frame.id !== undefined) askers.set(String(frame.id), from);
      return socket.send(frame as Parameters<Link["send"]>[0]);
    }

    function lead(): Promise<void> {
      clearInterval(asking);
      clearTimeout(dead);
      return new Promise((resolve) => {
        resign = () => {
          resign = null;
          const old = socket;
          socket = null;
          old?.close();
          old?.destroy();
          resolve();
        };
        // Whatever the last leader had under way is lost with it.
        if (state === "connected") stand("connecting", fresh);
        post({
          kind: "state",
          to: null,
          state: "connecting",
          detail: fresh,
          connected: null,
        });
        socket = own(relay);
        socket.open();
      });
    }

    // ---- as any tab ----

    function compete(steal = false): void {
      giveUp?.abort();
      const mine = new AbortController();
      giveUp = mine;
      locks.request(name, steal ? { steal: true } : { signal: mine.signal }, lead).catch(() => {
        // Aborted: this tab does not want it any more. Stolen: it was frozen, and another one leads.
        if (!resign) return;
        resign();
        if (wanted) {
          stand("connecting", fresh);
          follow();
        }
      });
    }

    function follow(): void {
      compete();
      post({ kind: "hello", from: me });
      clearInterval(asking);
      asking = setInterval(() => ask(), ASK);
    }

    /** A leader that is frozen keeps its lock and says nothing. */
    function ask(): void {
      if (socket || !wanted || globalThis.document?.hidden) return;
      post({ kind: "alive?", from: me });
      clearTimeout(dead);
      dead = setTimeout(() => {
        if (!socket && wanted) compete(true);
      }, PATIENCE);
    }

    function heard(note: Note): void {
      if ("to" in note && note.to !== null && note.to !== me) return;
      if (socket) return asLeader(note);
      clearTimeout(dead);
      if (!wanted) return;
      if (note.kind === "state") {
        if (note.connected && state !== "connected") events.frame(note.connected);
        if (note.state !== state || note.state !== "connected") stand(note.state, note.detail);
      } else if (note.kind === "frame") {
        events.frame(note.frame);
      }
    }

    function asLeader(note: Note): void {
      switch (note.kind) {
        case "hello":
          return void post({
            kind: "state",
            to: note.from,
            state,
            detail: plain(detail),
            connected: state === "connected" ? greeting : null,
          });
        case "alive?":
          return void post({ kind: "alive", to: note.from });
        case "send":
          forward(note.frame, note.from);
          return;
        case "open":
          return socket?.open();
        case "probe":
          return socket?.probe();
        case "renew":
          return socket?.renew(note.token);
        case "bye":
          if (!FULL) return;
          for (const [stake, holders] of stakes) {
            if (!holders.delete(note.from) || holders.size > 0) continue;
            stakes.delete(stake);
            // Nobody looks any more.
            const topic = stake.startsWith("topic ") ? stake.slice(6) : null;
            const data = topic === null ? { conversationId: stake } : { topics: [topic] };
            socket?.send({ type: topic === null ? "leave" : "unsubscribe", data, id: `gone.${stake}` });
          }
          return;
        default:
          return;
      }
    }

    async function begin(): Promise<void> {
      let key: string | null;
      try {
        key = await owner();
      } catch {
        // Without a token there is nothing to share yet; the link itself knows how to wait for one.
        key = null;
      }
      if (!wanted || channel || alone) return;
      if (key === null) {
        alone = own(events);
        alone.open();
        return;
      }
      name = `${options.name ?? "switchboard"} ${key}`;
      channel = new Channel(name);
      channel.onmessage = (event: MessageEvent<Note>) => heard(event.data);
      globalThis.addEventListener?.("pagehide", leave);
      globalThis.addEventListener?.("pageshow", back);
      follow();
    }

    function leave(): void {
      post({ kind: "bye", from: me });
      // A page in the back-forward cache must not hold what others need.
      resign?.();
      giveUp?.abort();
    }

    function back(event: PageTransitionEvent): void {
      if (event.persisted && wanted && channel) follow();
    }

    function stop(): void {
      if (channel) leave();
      clearInterval(asking);
      clearTimeout(dead);
      globalThis.removeEventListener?.("pagehide", leave);
      globalThis.removeEventListener?.("pageshow", back);
      channel?.close();
      channel = null;
      alone?.close();
      alone = null;
    }

    return {
      open() {
        if (alone) return alone.open();
        if (wanted && socket) return socket.open();
        if (wanted && channel) return void post({ kind: "open", from: me });
        if (wanted) return;
        wanted = true;
        stand("connecting", fresh);
        void begin();
      },
      close() {
        wanted = false;
        const shared = alone === null;
        stop();
        if (shared && state !== "disconnected") stand("disconnected", fresh);
      },
      send(frame) {
        if (alone) return alone.send(frame);
        if (socket) return forward(frame, me);
        if (state !== "connected" || !channel) return false;
        post({ kind: "send", from: me, frame });
        return true;
      },
      probe() {
        if (alone) return alone.probe();
        if (socket) return socket.probe();
        post({ kind: "probe", from: me });
        ask();
      },
      renew(token) {
        if (alone) return alone.renew(token);
        if (socket) return socket.renew(token);
        post({ kind: "renew", from: me, token });
      },
      destroy() {
        wanted = false;
        stop();
        socket = null;
      },
    };
  };
}

/** Errors lose their fields on the way to another tab. */
function plain(detail: Detail): Detail {
  const { error } = detail;
  if (!FULL) return { ...detail, error: null };
  if (!error) return detail;
  const { code, message, retryable, retryAfterMs, details, status, requestId } = error;
  return {
    ...detail,
    error: {
      name: "SwitchboardError",
      code,
      message,
      retryable,
      retryAfterMs,
      details,
      status,
      requestId,
    } as SwitchboardError,
  };
}
