/** Where this page is: `/admin/`, and what of it is open. A host may mount the engine under any prefix. Pure. */
export const VIEWS = [
  "board",
  "conversations",
  "statistics",
  "alerts",
  "decisions",
  "audit",
  "agents",
  "chatbots",
  "hours",
  "canned",
  "announcements",
  "tokens",
] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  view: View;
  /** What of the view is open: the id of a chatbot in settings. */
  item: string | null;
  /** The conversation in the panel beside it. */
  conversation: string | null;
  wall: boolean;
}

/** This application's own folder, and the engine's root above it, from the address of the script. */
export function homeOf(script: string): { admin: URL; engine: URL } {
  const admin = new URL("../", script);
  return { admin, engine: new URL("../", admin) };
}

export function placeOf(address: string, home: URL): Place {
  const url = new URL(address);
  const path = url.pathname.startsWith(home.pathname) ? url.pathname.slice(home.pathname.length) : "";
  const [first = "", second] = path.split("/");
  const view = VIEWS.find((one) => one === first) ?? "board";
  let item: string | null = null;
  try {
    item = second ? decodeURIComponent(second) : null;
  } catch {
    // A broken escape names nothing.
  }
  const id = url.searchParams.get("conversation");
  return {
    view,
    item,
    conversation: id && /^[\w-]{1,64}$/.test(id) ? id : null,
    wall: url.searchParams.has("wall"),
  };
}

export function addressOf(place: Place, home: URL): string {
  const path = place.view === "board" && !place.item ? "" : place.view;
  const url = new URL(path + (place.item ? `/${encodeURIComponent(place.item)}` : ""), home);
  if (place.conversation) url.searchParams.set("conversation", place.conversation);
  if (place.wall) url.searchParams.set("wall", "");
  return url.href;
}
