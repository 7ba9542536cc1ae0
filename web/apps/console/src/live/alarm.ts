/** Rings for offers, louder with each step, and for messages; one window of the browser does it. */
import { effect } from "@preact/signals";
import { alertStep, nextAlertAt } from "../model/offers.ts";
import type { Desk } from "./desk.ts";
import { electLeader } from "./leader.ts";
import { show } from "./push.ts";
import type { Sound } from "./sound.ts";
import type { Ui } from "./ui.ts";

export interface AlarmWords {
  offerTitle(name: string): string;
  offerBody(reason: string | null, seconds: number): string;
  messageTitle(name: string): string;
}

/** How loud each step of an offer is, as a part of the chosen volume. */
const LOUDNESS = { first: 0.6, again: 0.8, last: 1 } as const;

export function createAlarm(desk: Desk, ui: Ui, sound: Sound, words: AlarmWords): () => void {
  const leader = electLeader(`switchboard-console-sound-${desk.state.peek().me.id}`);
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  const play = (name: "message" | "offer", part: number) => {
    const { volume, soundForMessages, soundForOffers } = ui.settings.peek();
    const on = name === "offer" ? soundForOffers : soundForMessages;
    if (on && leader.leads) void sound.play(name, volume * part);
  };
  const push = (title: string, body: string, tag: string, go: () => void) => {
    if (ui.settings.peek().browserNotices && leader.leads) show(title, body, tag, go);
  };

  function ring(offerId: string): void {
    const offer = desk.state.peek().offers.get(offerId);
    const now = Date.now();
    const step = offer && alertStep(offer, now);
    if (!offer || !step) return void timers.delete(offerId);
    play("offer", LOUDNESS[step]);
    if (step !== "first" || document.hidden || !document.hasFocus()) {
      const name = desk.state.peek().rows.get(offer.conversationId)?.customerName ?? "";
      const seconds = Math.ceil((offer.until - now) / 1000);
      push(words.offerTitle(name), words.offerBody(offer.note ?? offer.reason, seconds), `offer-${offerId}`, () => {});
    }
    const next = nextAlertAt(offer, now);
    if (next !== null) {
      timers.set(
        offerId,
        setTimeout(() => ring(offerId), next - now + 1),
      );
    }
  }

  const stopOffers = effect(() => {
    const { offers } = desk.state.value;
    for (const id of offers.keys()) {
      if (timers.has(id)) continue;
      timers.set(id, setTimeout(ring, 0, id));
    }
    for (const [id, timer] of timers) {
      if (offers.has(id)) continue;
      clearTimeout(timer);
      timers.delete(id);
    }
  });
  const stopCalls = desk.onCall((call) => {
    if (call.call === "message") {
      play("message", 0.7);
      if (document.hidden || !document.hasFocus()) {
        push(words.messageTitle(call.name), call.text, `message-${call.conversationId}`, () =>
          ui.select(call.conversationId, { focus: true }),
        );
      }
    } else if (call.call === "notice" && call.loud) play("message", 1);
  });

  return () => {
    stopOffers();
    stopCalls();
    leader.stop();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
