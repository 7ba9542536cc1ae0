/** From what is known to what is drawn. Pure: no clock, no network, no elements. */
import type { Availability, ClientSnapshot } from "@switchboard/client";
import type { VisitorMessage, VisitorTalk } from "@switchboard/client/visitor";
import type { ChatItem, Mark } from "@switchboard/design/arrange";
import { momentOf } from "@switchboard/design/time";
import { waitSentence } from "@switchboard/design/wait";
import { type Card, cardOf } from "./handover.ts";
import type { FormField, Settings } from "./shapes.ts";
import { type Key, key, type Texts } from "./words.ts";

/** Where somebody is who has not begun to talk. */
export type Step = "home" | "form" | "choice" | "leave";

/** All that the panel knows. */
export interface State {
  settings: Settings | null;
  /** Why there are none. */
  failed: "away" | "refused" | null;
  step: Step;
  /** Whether somebody could be reached; null = not known now. */
  reach: Availability | null;
  link: Pick<ClientSnapshot, "state" | "attempts" | "online"> | null;
  talk: VisitorTalk | null;
  /** The click on "Connect" is on its way. */
  asking: boolean;
  waitingSince: number | null;
  /** The address that was left for an answer. */
  left: string | null;
  /** The wish for a human was answered by "go on with the assistant". */
  stayed: boolean;
  /** Something did not work; said until the next thing does. */
  trouble: boolean;
  now: number;
}

/** What is drawn. */
export interface View {
  title: string;
  /** The agent, when one is there. */
  agent: string | null;
  /** The word under the title, and its sign. */
  head: { word: string; dot: "on" | "away" | "off" | "assistant" };
  offline: boolean;
  items: ChatItem[];
  card: Card;
  step: Step | null;
  form: readonly FormField[];
  closed: boolean;
  /** Nothing can be written. */
  mute: boolean;
  /** "Talk to a person" is offered above the composer. */
  person: boolean;
  /** Who is writing. */
  writing: string | null;
  /** One of `none`, `assistant`, `waiting`, `agent`, `closed`. */
  state: string;
}

export function viewOf(state: State, texts: Texts): View {
  const { settings, talk, link } = state;
  const closed = talk?.status === "CLOSED" || talk?.status === "WRAP_UP";
  const agent = (!closed && talk?.agent?.agentName) || null;
  const card: Card =
    talk && !state.stayed && !state.left
      ? cardOf({
          escalation: talk.escalation,
          requested: talk.requested !== null,
          status: talk.status,
          agent: agent !== null,
          hadAgent: talk.messages.some((message) => message.senderRole === "agent"),
          asking: state.asking,
          waitingSince: state.waitingSince,
          now: state.now,
        })
      : { kind: "none" };
  // The first moments of a link are no loss of it.
  const offline = link !== null && (!link.online || link.attempts > 0 || link.state === "error");
  const waits = card.kind === "waiting" || card.kind === "connecting";
  const name = settings?.name || texts.t("title");
  const head: View["head"] = offline
    ? { word: texts.t("head.link"), dot: "off" }
    : closed
      ? { word: texts.t("head.closed"), dot: "off" }
      : agent
        ? { word: texts.t("head.agent"), dot: "on" }
        : waits
          ? { word: texts.t("head.wait"), dot: "away" }
          : settings?.assistant
            ? { word: texts.t("head.ai"), dot: "assistant" }
            : { word: texts.t("head.team"), dot: settings?.availability.availableAgents ? "on" : "off" };
  return {
    title: agent ?? name,
    agent,
    head,
    offline,
    items: itemsOf(state, texts),
    card,
    step: talk ? null : state.step,
    form: settings?.preChat ?? [],
    closed,
    mute: closed || (!talk && (state.step === "form" || state.step === "leave")),
    person: !!talk && !closed && !agent && card.kind === "none" && !state.left,
    writing: talk?.typist ? talk.typist.userName || name : null,
    state: !talk ? "none" : closed ? "closed" : agent ? "agent" : waits ? "waiting" : "assistant",
  };
}

/** Messages as they are shown; before the first one, the greeting that the server will say. */
function itemsOf({ talk, settings, now }: State, texts: Texts): ChatItem[] {
  const bot = (name: string) => ({ id: "bot", name: name || texts.t("assistant"), kind: "assistant" as const });
  const items = (talk?.messages ?? []).map((message) => itemOf(message, texts, bot));
  const streaming = talk?.streaming;
  if (streaming?.text) {
    const sender = bot(settings?.name ?? "");
    items.push({ key: streaming.messageId, at: now, side: "them", sender, text: streaming.text, streaming: true });
  }
  // A conversation with the assistant begins with its greeting; until the server said it, it is said here.
  if (settings?.greeting && !talk?.messages.some((message) => message.seq !== null)) {
    const at = items[0]?.at ?? now;
    items.unshift({ key: "greeting", at, side: "them", sender: bot(settings.name), text: settings.greeting });
  }
  return items;
}

function itemOf(message: VisitorMessage, texts: Texts, bot: (name: string) => ChatItem["sender"]): ChatItem {
  const system = message.senderRole === "system";
  const joined = system ? JOINED.exec(message.content)?.[1] : undefined;
  const ai = message.senderRole === "ai";
  const kind = system ? "system" : ai ? "assistant" : message.senderRole === "agent" ? "agent" : "customer";
  const sources = (message.metadata as { sources?: unknown } | null)?.sources;
  const { mark, senderName = "" } = message;
  return {
    key: message.key,
    at: Date.parse(message.createdAt),
    side: system ? "system" : message.mine ? "me" : "them",
    sender: ai
      ? bot(senderName)
      : joined
        ? { id: joined, name: joined, kind: "agent" }
        : { id: message.senderId ?? kind, name: message.mine ? texts.t("you") : senderName, kind },
    text: message.deletedAt ? texts.t("removed") : system ? lineOf(message.content, texts) : message.content,
    ...(message.deletedAt ? { removed: true } : {}),
    ...(mark ? { mark: mark as Mark } : {}),
    ...(ai && Array.isArray(sources) ? { sources: sources.map(sourceOf) } : {}),
  };
}

const sourceOf = (source: { title?: unknown; url?: unknown } | null) => ({
  title: String(source?.title ?? ""),
  url: typeof source?.url === "string" ? source.url : null,
});

/** The engine's own lines, in the language of the reader; what is not known is shown as it is. */
const JOINED = /^(.+) joined the conversation\.$/;
const LINES: readonly [RegExp, Key][] = [
  [JOINED, key("joined")],
  [/^(.+) left\. Reconnecting you to another agent\.$/, key("gone")],
  [/^(.+) left the conversation\.$/, key("gone")],
  [/^()Requesting a human agent\b.*$/, key("wished")],
  [/^().+ left an e-mail address\.$/, key("has.email")],
  [/^()Conversation closed by .+\.$/, key("ended")],
  [/^Still there\? This conversation closes in (\d+) minutes?\.$/, key("still")],
];

export function lineOf(text: string, texts: Texts): string {
  for (const [pattern, sentence] of LINES) {
    const [, name = ""] = pattern.exec(text) ?? [];
    if (pattern.test(text)) return texts.t(sentence, { name, count: Number(name) || 0 });
  }
  return text;
}

/** Whether a human would come: a tone for the sign, and a sentence. */
export function reachOf(
  found: Availability,
  texts: Texts,
  now: number,
): { here: boolean; dot: "on" | "away" | "off"; text: string } {
  if (!found.open) {
    const opens = found.nextOpening && momentOf(Date.parse(found.nextOpening), now, texts.language);
    return {
      here: false,
      dot: "off",
      text: texts.t("closed") + (opens ? ` ${texts.t("opens", { when: opens })}` : ""),
    };
  }
  if (found.freeUnits > 0 && found.waiting === 0) return { here: true, dot: "on", text: texts.t("free") };
  if (found.availableAgents === 0 && found.onlineAgents === 0)
    return { here: false, dot: "off", text: texts.t("nobody") };
  const range = found.estimatedWaitSeconds;
  const wait = waitSentence(texts.t, null, range ? { low: range.p50, high: range.p90 } : null);
  const ahead = found.waiting > 0 ? `${texts.t("busy", { count: found.waiting })} ` : "";
  return { here: true, dot: "away", text: ahead + wait };
}

/** The form for those who leave an address. */
export const LEAVE: readonly FormField[] = [
  { key: "email", label: key("email"), kind: "email", required: true },
  { key: "text", label: key("message"), kind: "long_text", required: true },
];

/** What is wrong with the answers, by key of the field; null = nothing. */
export function checkForm(
  fields: readonly FormField[],
  answers: Readonly<Record<string, string>>,
): Record<string, string> | null {
  const wrong: Record<string, string> = {};
  for (const { key: field, kind, required } of fields) {
    const value = answers[field]?.trim() ?? "";
    if (!value && required) wrong[field] = key("required");
    else if (value && kind === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) wrong[field] = key("email.wrong");
  }
  return Object.keys(wrong)[0] ? wrong : null;
}

/** The key of the first message of others that was not read. */
export function firstUnread(talk: VisitorTalk | null): string | null {
  if (!talk?.unread) return null;
  return talk.messages.find(({ mine, seq }) => !mine && seq !== null && seq > talk.lastRead)?.key ?? null;
}
