import {
  Avatar,
  ago,
  Badge,
  Button,
  EmptyState,
  ErrorState,
  ExternalLinkIcon,
  GlobeIcon,
  HistoryIcon,
  IconButton,
  MailIcon,
  Skeleton,
  StatusDot,
  safeHref,
  UserRoundIcon,
  XIcon,
  ZapIcon,
} from "@switchboard/design";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Customer, EarlierConversation, PageView } from "../live/calls.ts";
import { asError, type Loaded } from "../live/desk.ts";
import { factsOf } from "../model/chat.ts";
import type { Row } from "../model/state.ts";
import type { Decision } from "../model/wire.ts";
import { failure, seconds, t, useFrame, wordOr, words } from "./frame.tsx";

/** Everything about who is on the other side. */
export function Panel() {
  const { desk, ui } = useFrame();
  const id = ui.selected.value;
  const row = id ? desk.state.value.rows.get(id) : undefined;
  return (
    <aside class="panel" aria-label={t("panel.region")} id="panel">
      <div class="panel-bar">
        <h2>{t("panel.title")}</h2>
        <IconButton
          class="panel-close"
          label={t("panel.close")}
          onClick={() => {
            if (ui.pane.value === "panel") ui.pane.value = "conversation";
            else ui.change({ panel: false });
          }}
        >
          <XIcon />
        </IconButton>
      </div>
      {row ? (
        <About key={row.customerId} row={row} />
      ) : (
        <EmptyState title={t("panel.none")} icon={<UserRoundIcon />}>
          {t("panel.none_hint")}
        </EmptyState>
      )}
    </aside>
  );
}

function About({ row }: { row: Row }) {
  const { desk } = useFrame();
  const [customer, setCustomer] = useState<Loaded<Customer>>({ phase: "loading" });
  const [live, setLive] = useState<readonly PageView[]>([]);
  const [turn, setTurn] = useState(0);
  const connected = desk.link.value.state === "connected";

  useEffect(() => {
    let over = false;
    desk.calls
      .customer(row.customerId)
      .then((value) => {
        if (over) return;
        setCustomer({ phase: "ready", value });
        setLive([]);
      })
      .catch((error: unknown) => {
        if (!over)
          setCustomer((before) => (before.phase === "ready" ? before : { phase: "failed", error: asError(error) }));
      });
    return () => {
      over = true;
    };
  }, [row.customerId, row.agentId, row.status, connected, turn]);
  useEffect(
    () =>
      desk.client.on("page_view", (data) => {
        const view = data as PageView;
        if (view.conversationId === row.id) setLive((before) => [view, ...before].slice(0, 20));
      }),
    [desk, row.id],
  );

  const known = customer.phase === "ready" ? customer.value : null;
  const facts = factsOf(row.metadata);
  return (
    <div class="panel-body">
      <section class="card-who">
        <Avatar name={row.customerName || "?"} size={64} />
        <div>
          <h3>{row.customerName || t("customer.unnamed")}</h3>
          {row.customerHere !== null && (
            <StatusDot
              state={row.customerHere ? "on" : "off"}
              word={row.customerHere ? t("customer.here") : t("customer.away")}
            />
          )}
        </div>
      </section>
      <dl class="facts">
        {known?.email && (
          <Fact name={t("customer.email")}>
            <a href={`mailto:${known.email}`}>
              <MailIcon small /> {known.email}
            </a>
          </Fact>
        )}
        {known && <Fact name={t("customer.since")}>{dateOf(known.firstSeenAt)}</Fact>}
        {row.chatbotId && <Fact name={t("customer.via")}>{row.chatbotId}</Fact>}
        {facts.map(({ name, value }) => (
          <Fact key={name} name={name}>
            {safeHref(value) && /^https?:/.test(value) ? (
              <a href={safeHref(value) ?? ""} target="_blank" rel="noopener noreferrer nofollow">
                {value}
              </a>
            ) : (
              value
            )}
          </Fact>
        ))}
      </dl>
      {customer.phase === "loading" ? (
        <Skeleton label={t("panel.loading")} rows={4} />
      ) : customer.phase === "failed" ? (
        customer.error.code === "not_found" || customer.error.code === "forbidden" ? (
          <p class="sb-soft panel-quiet">{t("panel.not_yours")}</p>
        ) : (
          <ErrorState
            title={t("panel.failed")}
            action={
              <Button small onClick={() => setTurn(turn + 1)}>
                {t("again")}
              </Button>
            }
          >
            {failure(customer.error.code)}
          </ErrorState>
        )
      ) : (
        <>
          <Section
            icon={<GlobeIcon small />}
            title={t("panel.pages")}
            count={live.length + customer.value.pageViews.length}
          >
            <Pages views={[...live, ...customer.value.pageViews]} />
          </Section>
          <Section
            icon={<HistoryIcon small />}
            title={t("panel.earlier")}
            count={customer.value.conversations.filter((one) => one.id !== row.id).length}
          >
            <Earlier conversations={customer.value.conversations.filter((one) => one.id !== row.id)} />
          </Section>
        </>
      )}
      {(desk.state.value.me.role === "admin" || row.agentId === desk.state.value.me.id) && <Decisions row={row} />}
    </div>
  );
}

const dateOf = (text: string) =>
  new Date(text).toLocaleDateString(words.language, { day: "numeric", month: "long", year: "numeric" });

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Section(props: { icon: ComponentChildren; title: string; count?: number; children: ComponentChildren }) {
  return (
    <details class="panel-section" open>
      <summary>
        {props.icon}
        <h3>{props.title}</h3>
        {props.count !== undefined && <span class="sb-num sb-soft">{props.count}</span>}
      </summary>
      {props.children}
    </details>
  );
}

function Pages({ views }: { views: readonly PageView[] }) {
  if (views.length === 0) return <p class="sb-soft panel-quiet">{t("panel.no_pages")}</p>;
  return (
    <ol class="trail">
      {views.slice(0, 12).map((view, index) => {
        const href = safeHref(view.url);
        return (
          <li key={`${view.at}-${view.url}`}>
            {href ? (
              <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={view.url}>
                {view.title ?? pathOf(view.url)} <ExternalLinkIcon small />
              </a>
            ) : (
              <span>{view.title ?? view.url}</span>
            )}
            <span class="sb-soft">
              {index === 0 ? `${t("panel.page_last")} · ` : ""}
              {ago(Date.parse(view.at), seconds.value, words.language)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function pathOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return pathname === "/" ? host : pathname;
  } catch {
    return url;
  }
}

function Earlier({ conversations }: { conversations: readonly EarlierConversation[] }) {
  const { ui } = useFrame();
  if (conversations.length === 0) return <p class="sb-soft panel-quiet">{t("panel.no_earlier")}</p>;
  return (
    <ul class="earlier">
      {conversations.slice(0, 10).map((one) => {
        const rating = typeof one.rating === "object" ? one.rating?.score : one.rating;
        const inside = (
          <>
            <span class="earlier-top">
              <span>{ago(Date.parse(one.lastMessageAt), seconds.value, words.language)}</span>
              <Badge tone={one.status === "CLOSED" ? "plain" : "connected"}>
                {wordOr("conversation_status", one.status)}
              </Badge>
            </span>
            <span class="earlier-text">
              {one.lastMessage?.text ?? one.escalationReason ?? (one.mayRead === false ? t("panel.unreadable") : "")}
            </span>
            <span class="sb-soft">
              {[
                one.assignedAgentName,
                one.closeReason && one.closeReason !== "closed" ? wordOr("reason", one.closeReason) : null,
                rating ? t("row.rated", { score: rating }) : null,
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </>
        );
        return (
          <li key={one.id}>
            {one.mayRead === false ? (
              <div>{inside}</div>
            ) : (
              <button type="button" onClick={() => ui.select(one.id)}>
                {inside}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Decisions({ row }: { row: Row }) {
  const { desk } = useFrame();
  const [found, setFound] = useState<Loaded<readonly Decision[]>>({ phase: "loading" });
  useEffect(() => {
    let over = false;
    desk.calls
      .decisions(row.id)
      .then((value) => !over && setFound({ phase: "ready", value }))
      .catch((error: unknown) => !over && setFound({ phase: "failed", error: asError(error) }));
    return () => {
      over = true;
    };
  }, [row.id, row.agentId, row.status]);
  // Where only supervisors may read it there is nothing to show.
  if (found.phase === "failed" && ["forbidden", "not_found"].includes(found.error.code)) return null;
  const { me, agents } = desk.state.value;
  const nameOf = (id: string | null) =>
    id === me.id ? t("who.you") : (agents?.find((agent) => agent.agentId === id)?.name ?? t("who.colleague"));
  return (
    <Section
      icon={<ZapIcon small />}
      title={t(row.agentId === me.id ? "panel.why" : "panel.why_agent")}
      {...(found.phase === "ready" ? { count: found.value.length } : {})}
    >
      {found.phase === "loading" ? (
        <Skeleton label={t("panel.loading")} rows={2} />
      ) : found.phase === "failed" ? (
        <p class="sb-soft panel-quiet">{failure(found.error.code)}</p>
      ) : found.value.length === 0 ? (
        <p class="sb-soft panel-quiet">{t("panel.no_why")}</p>
      ) : (
        <ol class="decisions">
          {[...found.value]
            .reverse()
            .slice(0, 10)
            .map((decision) => (
              <li key={decision.decisionId}>
                <span class="decision-top">
                  <b>
                    {wordOr("outcome", decision.outcome)}
                    {decision.agentId && `: ${nameOf(decision.agentId)}`}
                  </b>
                  <span class="sb-soft">{ago(Date.parse(decision.at), seconds.value, words.language)}</span>
                </span>
                <span class="sb-soft">
                  {decision.manual ? t("why.by_hand") : wordOr("rule", decision.rule)}
                  {decision.note ? ` · ${decision.note}` : ""}
                </span>
                {decision.candidates.length > 0 && (
                  <ul>
                    {decision.candidates.slice(0, 6).map((candidate) => (
                      <li key={candidate.agentId}>
                        {nameOf(candidate.agentId)}:{" "}
                        <span class="sb-soft">
                          {t("why.free", { free: candidate.free, limit: candidate.limit })}
                          {candidate.passedOver ? `, ${wordOr("passed", candidate.passedOver)}` : ""}
                        </span>
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            ))}
        </ol>
      )}
    </Section>
  );
}
