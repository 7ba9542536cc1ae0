import { signal } from "@preact/signals";
import { clock, createTexts } from "@switchboard/design";
import designWords from "@switchboard/design/words/en.json";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Desk } from "../live/desk.ts";
import type { Sound } from "../live/sound.ts";
import type { Ui } from "../live/ui.ts";
import { type Urgency, urgencyOf } from "../model/lists.ts";
import own from "../words/en.json";

const all = { ...designWords, ...own };
/** All that the console says. */
export const words = createTexts("en", all, all);
export type WordKey = Parameters<typeof words.t>[0];
export const { t, n } = words;

/** A word whose key is made of data; what is not known is said as it is. */
export function wordOr(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in all ? t(key as WordKey) : value.replace(/_/g, " ");
}

/** How a conversation ended. A reason that says no more than that it ended is left out. */
export const closedBecause = (reason: string | null | undefined): string =>
  reason && reason !== "closed" ? t("row.closed_because", { reason: wordOr("reason", reason) }) : t("row.closed");

/** What is wrong and what to do, for a code of the server or the client. */
export const failure = (code: string): string =>
  `error.${code}` in all ? t(`error.${code}` as WordKey) : t("error.other");

export interface Frame {
  desk: Desk;
  ui: Ui;
  sound: Sound;
  logOut: () => void;
}

const FrameContext = createContext<Frame | null>(null);
export const FrameProvider = FrameContext.Provider;

export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (!frame) throw new Error("outside of the console");
  return frame;
}

/** This browser's clock, once a second; one for all that shows a time. */
export const seconds = signal(Date.now());
setInterval(() => {
  if (!document.hidden) seconds.value = Date.now();
}, 1000);
document.addEventListener("visibilitychange", () => {
  seconds.value = Date.now();
});

/** How long something has lasted, counting; tabular. */
export function Elapsed({ since }: { since: number }) {
  return <span class="sb-num">{clock(seconds.value - since)}</span>;
}

/** How long a customer has waited, with a colour and a word that say how pressing it is. */
export function Waiting({ since, label }: { since: number; label: string }) {
  const urgency: Urgency = urgencyOf(since, seconds.value);
  const tone = { calm: "plain", soon: "waiting", late: "overdue" }[urgency];
  const word = { calm: label, soon: `${label}, ${t("wait.soon")}`, late: `${label}, ${t("wait.late")}` }[urgency];
  return (
    <span class={`wait sb-tone-${tone}`} title={word}>
      <span class="sb-hush">{word} </span>
      {urgency === "late" && <span aria-hidden="true">! </span>}
      <Elapsed since={since} />
    </span>
  );
}
