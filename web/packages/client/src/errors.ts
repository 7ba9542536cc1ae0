import { FULL } from "./environment.ts";
import type { ErrorCode } from "./protocol.ts";

/**
 * Codes that the client itself gives:
 * `offline` the link did not come up in time, and nothing was sent; `connection_lost` the link broke after it was
 * sent, and nobody knows whether it was done; `timeout` no answer; `closed` the client was disconnected;
 * `network` a REST call found no server.
 */
export type ClientErrorCode = "offline" | "connection_lost" | "timeout" | "closed" | "network";

/** What failed, in the server's words or the client's. Show `code`, not `message`, through your own texts. */
export class SwitchboardError extends Error {
  override readonly name = "SwitchboardError";
  /** Whatever else the error says: `field`, `takenBy`, `agentId`, `limit`, … */
  readonly details!: Readonly<Record<string, unknown>>;
  /** REST: the HTTP status. */
  readonly status?: number;
  /** REST: stands in the server's log lines as well. */
  readonly requestId?: string;

  constructor(
    /** The server's code, or one of the client's own. A newer server may send codes that are not listed. */
    readonly code: ErrorCode | ClientErrorCode | (string & {}),
    message: string = code,
    /** Whether the same thing may work in a moment. */
    readonly retryable: boolean = false,
    /** Not before this many milliseconds. */
    readonly retryAfterMs?: number,
    details: Readonly<Record<string, unknown>> = {},
    status?: number,
    requestId?: string,
  ) {
    super(message);
    // A visitor is not told more.
    if (FULL) Object.assign(this, { details, status, requestId });
  }
}
