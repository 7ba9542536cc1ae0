import { SwitchboardError } from "./errors.ts";
import { createRest, type TokenAnswer, type User } from "./rest.ts";
import type { TokenReason } from "./types.ts";

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
}

/** Login, refresh and logout with cookies. Sessions of two tabs are one. */
export declare function cookieSession(options?: SessionOptions): CookieSession;

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
export declare function visitorSession(options?: VisitorOptions): VisitorSession;

export type { TokenAnswer };

void createRest;
void SwitchboardError;
