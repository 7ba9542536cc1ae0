import { randomId } from "./environment.ts";
import { SwitchboardError } from "./errors.ts";
import type { Link } from "./types.ts";

/** Commands whose repetition changes nothing: after a lost link they are sent again. */
const REPEATABLE = new Set([
  "start_conversation",
  "join",
  "leave",
  "resume",
  "send_message",
  "mark_read",
  "escalate",
  "cancel_escalation",
  "agent_status",
  "subscribe",
  "unsubscribe",
]);

interface Call {
  readonly frame: { type: string; data: unknown; id: string };
  readonly resolve: (ack: unknown) => void;
  readonly reject: (error: SwitchboardError) => void;
  sent: boolean;
  /** Not before; milliseconds of the clock. */
  notBefore: number;
  readonly resend: number | undefined;
  readonly once: boolean;
  timer?: ReturnType<typeof setTimeout>;
  resending?: ReturnType<typeof setTimeout>;
}

/** How a command is sent. */
export interface How {
  /** Given up after so many milliseconds; never when left out. */
  timeout?: number;
  /** Sent once more when there is no answer after so many milliseconds. */
  resend?: number;
  /** Before everything that waits. */
  ahead?: boolean;
  /** It means this link only: when that is lost, it is not sent on the next one. */
  once?: boolean;
}

/** Commands that wait for their acknowledgements. */
export interface Calls {
  call<T>(type: string, data: unknown, how?: How): Promise<T>;
  /** True when the frame answered one of the calls. */
  answered(frame: { type: string; data: unknown; id?: string | number }): boolean;
  /** The link is up: what waits goes out. */
  up(): void;
  /** The link is lost. */
  down(): void;
  /** All of them fail. */
  end(error: SwitchboardError): void;
}

/** An `error` frame's or body's data as an error. */
export function errorOf(data: unknown): SwitchboardError {
  const { code, message, retryable, retryAfterMs, ...details } = (data ?? {}) as Record<string, unknown>;
  return new SwitchboardError(
    typeof code === "string" ? code : "internal",
    typeof message === "string" ? message : undefined,
    retryable === true,
    typeof retryAfterMs === "number" ? retryAfterMs : undefined,
    details,
  );
}

/** See {@link Calls}. `link` is asked for each time, since it may be another one. */
export function createCalls(link: () => Link, connected: () => boolean, now: () => number): Calls {
  // Tabs that share a link tell their answers apart by this.
  const prefix = `${randomId().slice(0, 12)}.`;
  const calls = new Map<string, Call>();
  let count = 0;
  /** The server said "too fast" to nobody in particular: everybody waits. */
  let quietUntil = 0;
  let wake: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(wake);
    if (!connected()) return;
    let next = Number.POSITIVE_INFINITY;
    for (const call of calls.values()) {
      if (call.sent) continue;
      const at = Math.max(call.notBefore, quietUntil);
      if (at > now()) next = Math.min(next, at);
      else transmit(call);
    }
    if (next < Number.POSITIVE_INFINITY) wake = setTimeout(flush, next - now());
  }

  function transmit(call: Call): void {
    call.sent = link().send(call.frame);
    if (!call.sent || call.resend === undefined) return;
    clearTimeout(call.resending);
    call.resending = setTimeout(() => {
      again(call, 0);
      flush();
    }, call.resend);
  }

  function settle(id: string): Call | undefined {
    const call = calls.get(id);
    calls.delete(id);
    clearTimeout(call?.timer);
    clearTimeout(call?.resending);
    return call;
  }

  function again(call: Call, after: number): void {
    clearTimeout(call.resending);
    call.sent = false;
    call.notBefore = now() + after;
  }

  return {
    call: <T>(type: string, data: unknown, { timeout, resend, ahead, once = false }: How = {}) =>
      new Promise<T>((resolve, reject) => {
        count += 1;
        const id = prefix + count;
        const frame = { type, data, id };
        const call: Call = {
          frame,
          resolve: resolve as Call["resolve"],
          reject,
          sent: false,
          notBefore: 0,
          resend,
          once,
        };
        if (timeout !== undefined) {
          call.timer = setTimeout(() => {
            settle(id);
            reject(new SwitchboardError(call.sent ? "timeout" : "offline", undefined, true));
          }, timeout);
        }
        if (ahead && calls.size > 0) {
          const others = [...calls];
          calls.clear();
          calls.set(id, call);
          for (const [key, other] of others) calls.set(key, other);
        } else {
          calls.set(id, call);
        }
        flush();
      }),
    answered(frame) {
      if (frame.id === undefined) {
        const error = frame.type === "error" ? errorOf(frame.data) : null;
        if (error?.code !== "rate_limited") return false;
        // Which one was refused is not said; those that may be sent twice are.
        quietUntil = now() + (error.retryAfterMs ?? 1000);
        for (const call of calls.values()) if (REPEATABLE.has(call.frame.type)) call.sent = false;
        flush();
        return false;
      }
      const id = String(frame.id);
      const call = calls.get(id);
      if (!call) return false;
      if (frame.type !== "error") {
        settle(id)?.resolve(frame.data);
        return true;
      }
      const error = errorOf(frame.data);
      // A refusal for speed did nothing, whatever it was.
      if (error.code === "rate_limited" || (error.retryable && REPEATABLE.has(call.frame.type))) {
        again(call, error.retryAfterMs ?? 1000);
        flush();
      } else {
        settle(id)?.reject(error);
      }
      return true;
    },
    up: flush,
    down() {
      clearTimeout(wake);
      for (const [id, call] of [...calls]) {
        if (!call.sent && !call.once) continue;
        if (REPEATABLE.has(call.frame.type) && !call.once) again(call, 0);
        else settle(id)?.reject(new SwitchboardError("connection_lost", undefined, false));
      }
    },
    end(error) {
      clearTimeout(wake);
      for (const id of [...calls.keys()]) settle(id)?.reject(error);
    },
  };
}
