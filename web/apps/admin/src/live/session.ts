/** The login of this page: its own cookies, so that a browser may be in the console as somebody else. */
import { type CookieSession, cookieSession } from "@switchboard/client/session";

const NAME = "admin";
const CSRF = `switchboard_csrf_${NAME}`;

const read = () => document.cookie.split("; ").find((pair) => pair.startsWith(`${CSRF}=`)) ?? null;
const isLogin = (url: string) => /\/auth\/(login|refresh|logout)$/.test(url);

/** Names the session in the three calls, and tries once more when another tab has renewed the cookie meanwhile. */
async function named(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const url = String(input instanceof Request ? input.url : input);
  if (!isLogin(url)) return fetch(input, init);
  const body = typeof init.body === "string" ? (JSON.parse(init.body) as object) : {};
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json");
  const call = () => fetch(input, { ...init, headers, body: JSON.stringify({ ...body, session: NAME }) });
  const before = read();
  const answer = await call();
  const after = read();
  if (answer.status !== 401 || !url.endsWith("/refresh") || !after || after === before) return answer;
  headers.set("x-csrf-token", decodeURIComponent(after.slice(CSRF.length + 1)));
  return call();
}

export function adminSession(engine: URL): CookieSession {
  return cookieSession({
    url: engine.href,
    fetch: named,
    cookies: () => read()?.replace(CSRF, "switchboard_csrf") ?? "",
  });
}
