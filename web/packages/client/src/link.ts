import { backoff, verdict } from "./codes.ts";
import { SwitchboardError } from "./errors.ts";
import type { ConnectionState, Environment, Link, LinkEvents, Timing, TokenReason } from "./types.ts";

/** What a socket of one's own needs. */
export interface LinkContext {
  /** Of the socket: `wss://…/ws`. */
  readonly url: string;
  readonly token: (why: TokenReason) => Promise<string | null>;
  readonly timing: Timing;
  readonly environment: Environment;
}

type Frame = { type: string; data: unknown; id?: string | number };

/** A link that held for this long was a good one: the next back-off begins anew. */
const STABLE = 5_000;
/** A page that comes back does not wait long for an answer. */
const PROBE = 4_000;

/** One socket that comes back by itself. */
export function ownLink(events: LinkEvents, context: LinkContext): Link {
  const { timing, environment } = context;
  let state: ConnectionState = "disconnected";
  let socket: WebSocket | null = null;
  /** Of the present attempt: whatever an older one still brings is nothing to us. */
  let turn = 0;
  let attempts = 0;
  let retryAt: number | null = null;
  let error: SwitchboardError | null = null;
  /** When the server wants to see us again. */
  let hint: number | null = null;
  /** Refused tokens in a row, and the last one. */
  let refusals = 0;
  let last: string | null = null;
  let heardAt = 0;
  let upAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pulse: ReturnType<typeof setTimeout> | undefined;
  let pinged = false;

  function stand(next: ConnectionState, at: number | null = null, why: SwitchboardError | null = null): void {
    state = next;
    retryAt = at;
    error = why;
    events.state(state, { retryAt, attempts: state === "connected" ? 0 : attempts, error });
  }

  /** Takes the socket down without a word to anybody. */
  function drop(code = 1000): void {
    turn += 1;
    clearTimeout(timer);
    clearTimeout(pulse);
    const old = socket;
    socket = null;
    if (!old) return;
    old.onmessage = old.onclose = null;
    try {
      old.close(code);
    } catch {
      // It is going anyway.
    }
  }

  function fail(code: string, message?: string): void {
    drop();
    stand("error", null, new SwitchboardError(code, message ?? code));
  }

  function later(afterMs?: number): void {
    drop();
    const wait = hint === null ? (afterMs ?? backoff(attempts, timing, environment.random)) : hint;
    attempts += 1;
    stand("connecting", environment.now() + wait);
    timer = setTimeout(() => void attempt("start"), wait);
  }

  async function attempt(why: TokenReason): Promise<void> {
    drop();
    const mine = turn;
    stand("connecting");
    let token: string | null;
    try {
      token = await context.token(why);
    } catch (cause) {
      if (mine !== turn) return;
      const known = cause instanceof SwitchboardError ? cause : null;
      // Who asks for the token knows whether asking again can help.
      if (known && !known.retryable) return fail(known.code, known.message);
      return later(known?.retryAfterMs);
    }
    if (mine !== turn) return;
    if (token === null || (why === "refused" && token === last)) return fail("unauthenticated");
    last = token;
    try {
      socket = new environment.WebSocket(context.url, ["bearer", token]);
    } catch (cause) {
      return fail("invalid", cause instanceof Error ? cause.message : undefined);
    }
    timer = setTimeout(() => closed(1006, ""), timing.helloTimeout);
    // A failure is followed by its close; sockets outside of browsers want it to be heard nevertheless.
    socket.onerror = () => {};
    socket.onmessage = (event) => arrived(event.data);
    socket.onclose = (event) => closed(event.code, event.reason);
  }

  function arrived(text: unknown): void {
    heardAt = environment.now();
    pinged = false;
    let frame: Frame;
    try {
      frame = JSON.parse(String(text)) as Frame;
    } catch {
      return;
    }
    if (typeof frame?.type !== "string") return;
    if (frame.type === "connected" && state !== "connected") {
      clearTimeout(timer);
      upAt = heardAt;
      hint = null;
      refusals = 0;
      listen(timing.pingAfter);
      // First the frame, so that whoever hears "connected" knows as whom.
      events.frame(frame);
      return stand("connected");
    }
    if (frame.type === "error" && state !== "connected") {
      // It cannot look at the token now (its database is busy): this link will not become one.
      const { retryable, retryAfterMs } = frame.data as { retryable?: unknown; retryAfterMs?: number };
      if (retryable === true) return later(retryAfterMs);
    }
    if (frame.type === "server_draining") {
      hint = Number((frame.data as { reconnectAfterMs?: unknown }).reconnectAfterMs) || 0;
    }
    if (frame.type === "token_expiring") void renewed();
    events.frame(frame);
  }

  async function renewed(): Promise<void> {
    const mine = turn;
    // Without a new token the link ends with the old one, and a refused one is asked for then.
    const token = await context.token("expiring").catch(() => null);
    if (mine === turn && token !== null) renew(token);
  }

  function renew(token: string): void {
    last = token;
    send({ type: "refresh_token", data: { token }, id: "token" });
  }

  function closed(code: number, reason: string): void {
    if (state === "connected" && environment.now() - upAt >= STABLE) attempts = 0;
    const { next, afterMs, code: why } = verdict(code, reason);
    if (next === "stop") {
      drop();
      return stand("disconnected");
    }
    if (next === "never") return fail(why ?? "forbidden", reason || undefined);
    if (next === "token") {
      refusals += 1;
      if (refusals > 1) return fail("unauthenticated", reason || undefined);
      return void attempt("refused");
    }
    later(afterMs);
  }

  /** Looks after `wait` of silence; one timer for as long as the link holds. */
  function listen(wait: number): void {
    clearTimeout(pulse);
    pulse = setTimeout(() => {
      const silent = environment.now() - heardAt;
      if (silent < timing.pingAfter) return listen(timing.pingAfter - silent);
      ping(timing.pongTimeout);
    }, wait);
  }

  function ping(patience: number): void {
    pinged = true;
    send({ type: "ping", data: {}, id: "ping" });
    clearTimeout(pulse);
    pulse = setTimeout(() => {
      if (pinged) closed(1006, "");
      else listen(Math.max(0, timing.pingAfter - (environment.now() - heardAt)));
    }, patience);
  }

  function send(frame: Frame): boolean {
    if (!socket || state !== "connected") return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  return {
    open() {
      if (state === "connected" || (state === "connecting" && retryAt === null)) return;
      refusals = 0;
      hint = null;
      void attempt(error?.code === "unauthenticated" ? "refused" : "start");
    },
    close() {
      drop();
      attempts = 0;
      if (state !== "disconnected") stand("disconnected");
    },
    send,
    probe() {
      // A wait that the server asked for is kept.
      if (state === "connecting" && retryAt !== null && hint === null) void attempt("start");
      else if (state === "connected" && !pinged) ping(Math.min(PROBE, timing.pongTimeout));
    },
    renew,
    destroy() {
      drop();
    },
  };
}
