/** Where this page is: `/console/`, and what of it is open. A host may mount the engine under any prefix. */

/** The console's own folder, and the engine's root above it. */
export function homeOf(script: string): { console: URL; engine: URL } {
  const console = new URL("../", script);
  return { console, engine: new URL("../", console) };
}

/** The conversation that an address names. */
export function conversationIn(address: string, home: URL): string | null {
  const path = new URL(address).pathname;
  if (!path.startsWith(home.pathname)) return null;
  const found = /^c\/([\w-]{1,64})\/?$/.exec(path.slice(home.pathname.length));
  return found?.[1] ?? null;
}

export function addressOf(home: URL, conversationId: string | null): string {
  return conversationId ? new URL(`c/${conversationId}`, home).href : home.href;
}
