import { notifier } from "./environment.ts";
import { SwitchboardError } from "./errors.ts";
import { createRest, type Rest, type TokenAnswer, type User } from "./rest.ts";
import type { TokenReason } from "./types.ts";

/** A token that ends within this many milliseconds is as good as none. */
const NEARLY = 90_000;
/** The readable cookie whose value proves that a call comes from a page of ours. */
const CSRF = "switchboard_csrf";

interface Held {
  token: string;
  endsAt: number;
}

const fresh = (held: Held | null) => held !== null && held.endsAt - Date.now() > NEARLY;
const hold = ({ token, expiresAt }: TokenAnswer): Held => ({ token, endsAt: Date.parse(expiresAt) });

function restOf(url: string | URL | undefined, given: typeof fetch | undefined, token: () => string | null): Rest {
  const origin = String(url ?? globalThis.location?.origin ?? "").replace(/\/+$/, "");
  return createRest({
    origin,
    fetch: given ?? ((input, init) => globalThis.fetch(input, init)),
    token: async () => token(),
  });
}

/** A console's session: the token in memory, its refreshing by an HttpOnly cookie. */
export interface CookieSession {
  /** Who is logged in, once known. */
  readonly user: User | null;
  /** Calls back when somebody logs in or out. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
  /** Logs in. Rejects with `unauthenticated` for a wrong name or password alike, `rate_limited` after many attempts. */
  login(email: string, password: string): Promise<User>;
  /** Looks whether the cookie still stands for somebody: call it when the page loads. Null = show the login. */
  restore(): Promise<User | null>;
  /** Ends the session everywhere in this browser. */
  logout(): Promise<void>;
  /** For `createClient({ getToken })`. */
  getToken(why: TokenReason): Promise<string | null>;
}

/** Options of {@link cookieSession}. */
export interface SessionOptions {
  /** The server, which must be the page's own origin for its cookie to count; that origin when left out. */
  url?: string | URL;
  fetch?: typeof fetch;
  /** Where the readable cookie is looked up; `document.cookie` when left out. */
  cookies?: () => string;
  /**
   * Names the login (1 to 16 of a to z): a browser can be logged in to two pages as two people when their names differ.
   * Pages with the same name, or without one, share a login.
   */
  session?: string;
}

/** Login, refresh and logout with cookies. Sessions of two tabs are one. */
export function cookieSession(options: SessionOptions = {}): CookieSession {
  const told = notifier();
  const { session } = options;
  if (session !== undefined && !/^[a-z]{1,16}$/.test(session)) throw new TypeError("session: 1 to 16 of a to z");
  const name = session === undefined ? CSRF : `${CSRF}_${session}`;
  const lock = session === undefined ? "switchboard-refresh" : `switchboard-refresh-${session}`;
  const named = session === undefined ? {} : { session };
  let held: Held | null = null;
  let user: User | null = null;
  let csrf: string | null = null;
  let refreshing: Promise<string | null> | null = null;
  const rest = restOf(options.url, options.fetch, () => held?.token ?? null);

  function cookie(): string | null {
    const all = options.cookies?.() ?? globalThis.document?.cookie ?? "";
    const found = all.split("; ").find((pair) => pair.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
  }

  function accept(answer: TokenAnswer | null): void {
    held = answer && hold(answer);
    csrf = answer?.csrfToken ?? null;
    const other = answer?.user ?? null;
    if (other?.id !== user?.id || other?.name !== user?.name) {
      user = other;
      told.changed();
    }
  }

  // The cookie is read anew each time: another tab may have refreshed it meanwhile.
  const proof = () => ({ "x-csrf-token": cookie() ?? csrf ?? "" });

  async function refreshed(again = true): Promise<string | null> {
    const before = cookie();
    if (!before && !csrf) return null;
    try {
      const [headers, body] = [proof(), { ...named }];
      accept(
        await rest.request<TokenAnswer>("POST", "/auth/refresh", { cookies: true, anonymous: true, headers, body }),
      );
      return held?.token ?? null;
    } catch (error) {
      // Another tab has renewed the cookie while this was under way: the new one is as good.
      const renewed = error instanceof SwitchboardError && error.status === 401 && cookie() !== before;
      if (renewed && again && cookie()) return refreshed(false);
      // Only a refusal ends the session; a server that is away does not.
      if (!(error instanceof SwitchboardError) || error.retryable || !error.status) throw error;
      accept(null);
      return null;
    }
  }

  /** One at a time in the whole browser: a rotating refresh token that is used twice is taken for stolen. */
  function refresh(): Promise<string | null> {
    const locks = globalThis.navigator?.locks;
    refreshing ??= (locks ? locks.request(lock, () => refreshed()) : refreshed()).finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  return {
    get user() {
      return user;
    },
    subscribe: told.subscribe,
    async login(email, password) {
      const body = { email, password, cookie: true, ...named };
      const answer = await rest.request<TokenAnswer>("POST", "/auth/login", { body, cookies: true, anonymous: true });
      accept(answer);
      return answer.user;
    },
    async restore() {
      await refresh();
      return user;
    },
    async logout() {
      try {
        await rest.request("POST", "/auth/logout", { cookies: true, headers: proof(), body: { ...named } });
      } catch (error) {
        // Whoever is not logged in is logged out.
        if (!(error instanceof SwitchboardError) || error.status !== 401) throw error;
      }
      accept(null);
    },
    getToken: async (why) => (why === "start" && fresh(held) ? (held?.token ?? null) : refresh()),
  };
}

/** Options of {@link visitorSession}. */
export interface VisitorOptions {
  url?: string | URL;
  chatbotId?: string;
  fetch?: typeof fetch;
  /** Where the visitor's token is kept between visits; `localStorage` when it may be used, else memory. */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** An anonymous customer: made at the first use, remembered between visits, made anew when its token is refused. */
export interface VisitorSession {
  /** Whether this browser has been here before; nothing is asked of the server for it. */
  readonly known: boolean;
  /** What the visitor said about itself before the first conversation (a pre-chat form). Only before the first token. */
  introduce(visitor: { name?: string; email?: string }): void;
  /** For `createClient({ getToken })`. */
  getToken(why: TokenReason): Promise<string | null>;
  /** Forgets this browser's visitor. */
  forget(): void;
}

/** A visitor's session. */
export function visitorSession(options: VisitorOptions = {}): VisitorSession {
  const place = `switchboard-visitor:${options.url ?? ""}:${options.chatbotId ?? ""}`;
  const rest = restOf(options.url, options.fetch, () => null);
  let visitor: { name?: string; email?: string } = {};
  let held = read();
  let making: Promise<string> | null = null;

  /** Site data may be blocked, and reading it may throw: then the visit is as long as the page. */
  function kept(work: (storage: Pick<Storage, "getItem" | "setItem" | "removeItem">) => string | null): string | null {
    try {
      return work(options.storage ?? globalThis.localStorage);
    } catch {
      return null;
    }
  }

  function read(): Held | null {
    try {
      const found = JSON.parse(kept((storage) => storage.getItem(place)) ?? "null") as Held | null;
      return found && typeof found.token === "string" && found.endsAt > Date.now() ? found : null;
    } catch {
      return null;
    }
  }

  function write(next: Held | null): void {
    held = next;
    kept((storage) => {
      if (next) storage.setItem(place, JSON.stringify(next));
      else storage.removeItem(place);
      return null;
    });
  }

  async function make(): Promise<string> {
    const { chatbotId } = options;
    const answer = await rest.visitor({ ...(chatbotId === undefined ? {} : { chatbotId }), ...visitor });
    write(hold(answer));
    return answer.token;
  }

  return {
    get known() {
      return held !== null;
    },
    introduce(said) {
      visitor = said;
    },
    async getToken(why) {
      // Another tab may have made one, or a newer one, meanwhile.
      const other = read();
      if (other && (why === "start" || other.token !== held?.token)) held = other;
      // Another visitor would have another history: only when this one is refused.
      else if (why === "expiring") return null;
      else if (why === "refused") held = null;
      if (held && held.endsAt > Date.now()) return held.token;
      making ??= make().finally(() => {
        making = null;
      });
      return making;
    },
    forget: () => write(null),
  };
}

export type { TokenAnswer };

void createRest;
void SwitchboardError;
