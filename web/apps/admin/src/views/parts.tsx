/** Small parts that several views share: waits, loads, times, states of what is read. */
import type { Agent, SwitchboardError } from "@switchboard/client";
import {
  Badge,
  Button,
  classes,
  clock,
  EmptyState,
  ErrorState,
  Meter,
  momentOf,
  RotateCcwIcon,
  Skeleton,
  StatusDot,
  TriangleAlertIcon,
  timeOf,
  waitMinutes,
} from "@switchboard/design";
import type { ComponentChildren } from "preact";
import type { Loaded } from "../live/board.ts";
import { agentTone, agentWord, type Estimate, waitTone } from "../model/board.ts";
import { serverWords } from "../model/forms.ts";
import { language, n, t, word } from "../texts.ts";

/** A refusal or a failure in words for a person. */
export function errorWords(error: SwitchboardError): string {
  if (error.code === "invalid") return serverWords(error.message);
  if (error.code === "rate_limited") return t("error.rate_limited");
  const said = word("error", error.code);
  if (said !== error.code.replaceAll("_", " ")) return said;
  return error.requestId ? t("error.other_with_id", { id: error.requestId }) : t("error.other");
}

/** One of: the shape of what comes, why it did not come, what belongs here, or the thing itself (dated when old). */
export function Reading<T>(props: {
  of: Loaded<T> & { reload?: () => void };
  rows?: number;
  /** The page's own title, where what is read brings it along: shown also while there is nothing. */
  title?: string;
  empty?: (value: T) => ComponentChildren | false;
  children: (value: T) => ComponentChildren;
}) {
  const { value, error, loading, at, reload } = props.of;
  if (value === null) {
    if (error && !loading) {
      return (
        <>
          {props.title && <PageHead title={props.title} />}
          {props.title && <h2 class="sb-hush">{props.title}</h2>}
          <ErrorState
            title={t("state.failed")}
            action={
              reload && (
                <Button small icon={<RotateCcwIcon small />} onClick={reload}>
                  {t("action.again")}
                </Button>
              )
            }
          >
            {errorWords(error)}
          </ErrorState>
        </>
      );
    }
    return (
      <>
        {props.title && <PageHead title={props.title} />}
        <div class="ad-pad">
          <Skeleton label={t("state.loading")} rows={props.rows ?? 5} />
        </div>
      </>
    );
  }
  const empty = props.empty?.(value);
  return (
    <>
      {error && at !== null && (
        <p class="ad-old" role="status">
          <TriangleAlertIcon small />
          <span>{t("state.old", { time: timeOf(at, language) })}</span>
          {reload && (
            <Button kind="plain" small onClick={reload}>
              {t("action.again")}
            </Button>
          )}
        </p>
      )}
      {empty || props.children(value)}
    </>
  );
}

export const Nothing = ({ title, children, icon, action }: Parameters<typeof EmptyState>[0]) => (
  <EmptyState title={title} icon={icon} action={action}>
    {children}
  </EmptyState>
);

/** How long since, ticking; amber and red when it is long, with a word for it. */
export function Waited({ since, now, plain }: { since: number; now: number; plain?: boolean }) {
  const tone = plain ? "plain" : waitTone(now - since);
  return (
    <span class={classes("ad-waited sb-num", `sb-tone-${tone}`)}>
      {tone !== "plain" && <TriangleAlertIcon small />}
      {clock(now - since)}
      {tone !== "plain" && <span class="sb-hush"> {t(tone === "overdue" ? "wait.overdue" : "wait.long")}</span>}
    </span>
  );
}

/** "3–7 min", "4 min", "unknown". */
export function rangeWords(range: { p50: number; p90: number } | null | undefined): string {
  if (range && range.p50 === 0 && range.p90 === 0) return t("estimate.now");
  const found = waitMinutes(range ? { low: range.p50, high: range.p90 } : null);
  if (!found) return t("estimate.unknown");
  return found.high === undefined
    ? t("estimate.one", { low: n(found.low) })
    : t("estimate.range", { low: n(found.low), high: n(found.high) });
}

/** The figure with its unit apart, so that the unit can be small. */
export function estimateWords(estimate: Estimate): { figure: string; unit?: string; note: string } {
  if (estimate.kind === "none") return { figure: t("estimate.none"), note: t("estimate.none_note") };
  const found = estimate.kind === "range" ? waitMinutes({ low: estimate.p50, high: estimate.p90 }) : null;
  if (estimate.kind === "range" && found && estimate.p90 > 0) {
    const figure = found.high === undefined ? n(found.low) : `${n(found.low)}–${n(found.high)}`;
    return { figure, unit: t("estimate.unit"), note: t("estimate.range_note") };
  }
  if (estimate.kind === "range") return { figure: t("estimate.none"), note: t("estimate.none_note") };
  return {
    figure: t("estimate.unknown_figure"),
    note: estimate.reason ? word("reason", estimate.reason) : t("reason.unknown"),
  };
}

export function AgentState({ agent }: { agent: Agent }) {
  const said = agentWord(agent);
  return <StatusDot state={agentTone(said)} word={word("agent", said)} />;
}

export function Load({ agent }: { agent: Agent }) {
  const used = agent.currentChats + agent.heldOffers;
  const over = used > agent.maxConcurrentChats;
  const tone = over ? "overdue" : agent.free <= 0 ? "waiting" : "connected";
  const words = agent.heldOffers
    ? t("load.held", { used: n(agent.currentChats), most: n(agent.maxConcurrentChats), held: n(agent.heldOffers) })
    : t("load.plain", { used: n(agent.currentChats), most: n(agent.maxConcurrentChats) });
  return (
    <span class="ad-load">
      <Meter
        value={used}
        most={agent.maxConcurrentChats}
        words={words}
        label={t("load.label", { name: agent.name })}
        tone={tone}
      />
      <span class="sb-num" aria-hidden="true">
        {n(used)}/{n(agent.maxConcurrentChats)}
      </span>
    </span>
  );
}

/** Words side by side; above `most` the rest is a number, with the words on hover. */
export function Words({ list, most = 20 }: { list: readonly string[]; most?: number }) {
  if (!list.length) return <span class="sb-soft">–</span>;
  return (
    <span class="ad-words">
      {list.slice(0, most).map((one) => (
        <Badge key={one}>{one}</Badge>
      ))}
      {list.length > most && (
        <span class="sb-soft" title={list.slice(most).join(", ")}>
          +{n(list.length - most)}
        </span>
      )}
    </span>
  );
}

/** A moment, with the whole of it on hover. */
export function At({ at, now }: { at: string | null; now: number }) {
  if (!at) return <span class="sb-soft">–</span>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={new Date(ms).toLocaleString(language)} class="sb-num">
      {momentOf(ms, now, language)}
    </time>
  );
}

export const statusTone = (status: string) =>
  status === "WAITING_FOR_AGENT" || status === "OFFERED"
    ? ("waiting" as const)
    : status === "AGENT_ASSIGNED" || status === "WRAP_UP"
      ? ("connected" as const)
      : status === "ACTIVE"
        ? ("assistant" as const)
        : ("plain" as const);

/** A titled part of a page. */
export function Card(props: {
  title: string;
  count?: number | undefined;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  flush?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div class={classes("ad-card", props.class)} role="group" aria-label={props.title}>
      <header class="ad-card-head">
        <h2>
          {props.title}
          {props.count !== undefined && <span class="ad-count sb-num">{n(props.count)}</span>}
        </h2>
        {props.note && <p class="sb-soft">{props.note}</p>}
        {props.tools && <div class="ad-tools">{props.tools}</div>}
      </header>
      <div class={props.flush ? undefined : "ad-card-body"}>{props.children}</div>
    </div>
  );
}

/** The head of a page that is not the board. */
export function PageHead({ title, about, tools }: { title: string; about?: string; tools?: ComponentChildren }) {
  return (
    <header class="ad-page-head">
      <div>
        <h1>{title}</h1>
        {about && <p class="sb-soft">{about}</p>}
      </div>
      {tools && <div class="ad-tools">{tools}</div>}
    </header>
  );
}

/** Milliseconds as a person says them. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms < 60_000) return t("span.seconds", { count: Math.round(ms / 1000) });
  if (ms < 3_600_000) return clock(ms);
  return t("span.hours", { hours: n(Math.round(ms / 360_000) / 10) });
}
