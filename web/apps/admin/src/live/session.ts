/** The login of this page: a name of its own, so that a browser may be in the console as somebody else. */
import { type CookieSession, cookieSession } from "@switchboard/client/session";

export const adminSession = (engine: URL): CookieSession => cookieSession({ url: engine.href, session: "admin" });
