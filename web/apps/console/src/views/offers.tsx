import {
  Avatar,
  Button,
  ChevronDownIcon,
  Countdown,
  classes,
  HandIcon,
  Menu,
  SafeText,
  Skeleton,
  StickyNoteIcon,
} from "@switchboard/design";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { asError } from "../live/desk.ts";
import { alertStep, byDeadline } from "../model/offers.ts";
import type { OfferView } from "../model/state.ts";
import { useConversation } from "./conversation.tsx";
import { Elapsed, failure, seconds, t, useFrame } from "./frame.tsx";

const DECLINES = ["busy", "skills", "break"] as const;
/** How much of what was said is shown before accepting. */
const SHOWN = 30;

export function Offers() {
  const { desk } = useFrame();
  const offers = byDeadline(desk.state.value.offers.values());
  if (offers.length === 0) return null;
  return (
    <section class="offers" aria-label={t("offer.region")}>
      {offers.map((offer, index) => (
        <OfferCard key={offer.id} offer={offer} first={index === 0} />
      ))}
    </section>
  );
}

/** Accepts, and opens what was accepted; says who was faster when somebody was. */
export async function acceptOffer(
  desk: ReturnType<typeof useFrame>["desk"],
  ui: ReturnType<typeof useFrame>["ui"],
  id: string,
): Promise<void> {
  try {
    const conversationId = await desk.accept(id);
    ui.tab.value = "mine";
    ui.select(conversationId, { focus: true });
  } catch (error) {
    const { code, details } = asError(error);
    const taker = (details.takenBy as { agentName?: string } | undefined)?.agentName;
    ui.toast(code === "offer_gone" ? (taker ? t("offer.taken_by", { name: taker }) : t("offer.gone")) : failure(code), {
      tone: "waiting",
    });
  }
}

export async function declineOffer(
  desk: ReturnType<typeof useFrame>["desk"],
  ui: ReturnType<typeof useFrame>["ui"],
  id: string,
  reason?: string,
): Promise<void> {
  try {
    await desk.decline(id, reason);
  } catch (error) {
    const { code } = asError(error);
    if (code !== "offer_gone") ui.toast(failure(code), { tone: "overdue" });
  }
}

function OfferCard({ offer, first }: { offer: OfferView; first: boolean }) {
  const { desk, ui } = useFrame();
  const [busy, setBusy] = useState<"accept" | "decline" | null>(null);
  const [whole, setWhole] = useState(first);
  const row = desk.state.value.rows.get(offer.conversationId);
  const from = desk.state.value.agents?.find((agent) => agent.agentId === offer.fromAgentId)?.name;
  const step = alertStep(offer, seconds.value);
  const name = row?.customerName || t("customer.unnamed");
  const accept = () => {
    setBusy("accept");
    void acceptOffer(desk, ui, offer.id);
  };
  const decline = (reason?: string) => {
    setBusy("decline");
    void declineOffer(desk, ui, offer.id, reason);
  };
  return (
    <form
      class={classes("offer", step === "last" && "offer-last")}
      data-offer={offer.id}
      aria-label={t("offer.label", { name })}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) accept();
      }}
    >
      <header>
        <Avatar name={name} size={40} />
        <div>
          <h2>{name}</h2>
          <p class="sb-soft">
            {offer.fromAgentId ? t("offer.from", { name: from ?? t("who.colleague") }) : t("offer.new")}
            {row?.waitingSince != null && (
              <>
                {" · "}
                {t("offer.waited")} <Elapsed since={row.waitingSince} />
              </>
            )}
          </p>
        </div>
        <Countdown until={offer.until} from={offer.since} label={t("offer.left")} />
      </header>
      {offer.note && (
        <p class="offer-note">
          <StickyNoteIcon small />
          <span>
            <b>{t("offer.note")}</b> {offer.note}
          </span>
        </p>
      )}
      {(offer.reason ?? row?.reason) && (
        <p class="offer-reason">
          <HandIcon small />
          <span>
            <b>{t("conversation.reason")}</b> {offer.reason ?? row?.reason}
          </span>
        </p>
      )}
      <History offer={offer} open={whole} onToggle={setWhole} />
      <footer>
        <Menu
          label={t("offer.decline")}
          wide
          up
          atStart
          items={[
            { id: "none", label: t("offer.decline_plain"), onSelect: () => decline() },
            null,
            ...DECLINES.map((reason) => ({
              id: reason,
              label: t(`decline.${reason}`),
              onSelect: () => decline(t(`decline.${reason}`)),
            })),
          ]}
        >
          <span>{t("offer.decline")}</span>
          <ChevronDownIcon small />
        </Menu>
        <Button kind="primary" type="submit" busy={busy === "accept"} aria-keyshortcuts="a">
          {t("offer.accept")}
          {first && (
            <span class="key-in-button" aria-hidden="true">
              A
            </span>
          )}
        </Button>
      </footer>
    </form>
  );
}

/** What was said before: shown before the agent decides. */
function History({ offer, open, onToggle }: { offer: OfferView; open: boolean; onToggle: (open: boolean) => void }) {
  const { desk } = useFrame();
  const conversation = useMemo(() => desk.conversation(offer.conversationId), [offer.conversationId]);
  const snapshot = useConversation(conversation);
  useEffect(() => {
    conversation.open().catch(() => {});
  }, [conversation]);
  const lines = snapshot.messages.filter((message) => message.senderRole !== "system").slice(-SHOWN);
  return (
    <details class="offer-history" open={open} onToggle={(event) => onToggle(event.currentTarget.open)}>
      <summary>{t("offer.history", { count: lines.length })}</summary>
      {snapshot.error ? (
        <p class="sb-soft">{t("offer.history_failed")}</p>
      ) : lines.length === 0 ? (
        snapshot.loading || !snapshot.live ? (
          <Skeleton label={t("conversation.loading")} rows={2} />
        ) : (
          <p class="sb-soft">{t("offer.history_empty")}</p>
        )
      ) : (
        <ScrollEnd count={lines.length}>
          {lines.map((message) => (
            <li key={message.key}>
              <b>{message.senderRole === "ai" ? t("who.assistant") : message.senderName}</b>{" "}
              <SafeText text={message.content} />
            </li>
          ))}
        </ScrollEnd>
      )}
    </details>
  );
}

function ScrollEnd({ children, count }: { children: ComponentChildren; count: number }) {
  const [list, setList] = useState<HTMLOListElement | null>(null);
  useEffect(() => {
    if (list) list.scrollTop = list.scrollHeight;
  }, [list, count]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys
    <ol ref={setList} tabIndex={0} aria-label={t("offer.history_label")}>
      {children}
    </ol>
  );
}
