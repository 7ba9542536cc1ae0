/** How loudly an offer asks, and what it asks for. */
import type { OfferView } from "./state.ts";

/**
 * `first`: it has just come. `again`: half of the time is gone and nobody has answered. `last`: ten seconds are left.
 * Each step sounds once; from `again` on the browser's notification is shown even when the page is on the screen.
 */
export type AlertStep = "first" | "again" | "last";

const LAST_MS = 10_000;

/** The step that an offer has reached; null once it is over. */
export function alertStep(offer: Pick<OfferView, "since" | "until">, now: number): AlertStep | null {
  if (now >= offer.until) return null;
  if (offer.until - now <= LAST_MS && now > offer.since) return "last";
  return now - offer.since >= (offer.until - offer.since) / 2 ? "again" : "first";
}

/** When the next step is reached, milliseconds since 1970; null when there is none. */
export function nextAlertAt(offer: Pick<OfferView, "since" | "until">, now: number): number | null {
  const half = offer.since + (offer.until - offer.since) / 2;
  const last = offer.until - LAST_MS;
  const steps = [half, last, offer.until].filter((at) => at > now && at > offer.since);
  return steps.length > 0 ? Math.min(...steps) : null;
}

/** Offers in the order in which they end. */
export function byDeadline(offers: Iterable<OfferView>): OfferView[] {
  return [...offers].sort((a, b) => a.until - b.until || (a.id < b.id ? -1 : 1));
}
