/** What is open, kept in the address: a link to it can be passed on, and "back" goes back. */
import { signal } from "@preact/signals";
import { addressOf, homeOf, type Place, placeOf, type View } from "../model/place.ts";

export const home = homeOf(import.meta.env.DEV ? new URL("/admin/assets/x.js", location.href).href : import.meta.url);
export const place = signal<Place>(placeOf(location.href, home.admin));

export function go(change: Partial<Place>, replace = false): void {
  const next = { ...place.value, ...change };
  place.value = next;
  const address = addressOf(next, home.admin);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

export const open = (conversation: string | null) => go({ conversation });
export const show = (view: View, item: string | null = null) => go({ view, item, conversation: null });
export const linkTo = (view: View, item: string | null = null) =>
  addressOf({ view, item, conversation: null, wall: false }, home.admin);

addEventListener("popstate", () => {
  place.value = placeOf(location.href, home.admin);
});
