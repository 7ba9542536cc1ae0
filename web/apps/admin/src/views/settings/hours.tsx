/** A chatbot's opening hours: a week grid, exceptions, the zone, and what customers see now. */
import type { SwitchboardError } from "@switchboard/client";
import type { Hours, Interval } from "@switchboard/client/staff";
import {
  Badge,
  Button,
  CalendarOffIcon,
  Check,
  CopyIcon,
  Field,
  IconButton,
  PlusIcon,
  Select,
  StatusDot,
  XIcon,
} from "@switchboard/design";
import { useEffect, useMemo, useState } from "preact/hooks";
import { asError } from "../../live/board.ts";
import type { FullChatbot } from "../../live/calls.ts";
import { useBoard, useLoaded, useServerNow } from "../../live/context.ts";
import { place, show } from "../../live/place.ts";
import { toast } from "../../live/toasts.ts";
import { serverWords } from "../../model/forms.ts";
import {
  interval,
  isOpen,
  knownZone,
  MONDAY_TO_FRIDAY,
  minuteOf,
  nextChange,
  overnight,
  problemsOf,
  timeText,
  wallAt,
} from "../../model/hours.ts";
import { language, t, word } from "../../texts.ts";
import { Card, errorWords, Nothing, PageHead, Reading } from "../parts.tsx";

const POLICIES = ["offline_message", "ai", "queue_anyway"] as const;
const zones = (): string[] => {
  try {
    return Intl.supportedValuesOf("timeZone");
  } catch {
    return [];
  }
};
/** Monday first: 2024-01-01 was one. */
const dayName = (index: number, style: "long" | "short" = "long") =>
  new Date(Date.UTC(2024, 0, 1 + index)).toLocaleDateString(language, { weekday: style, timeZone: "UTC" });

export function HoursView() {
  const board = useBoard();
  const list = useLoaded(() => board.calls.chatbots(), []);
  return (
    <Reading
      of={list}
      title={t("nav.hours")}
      rows={8}
      empty={({ items }) => items.length === 0 && <Nothing title={t("bots.empty")}>{t("bots.empty_about")}</Nothing>}
    >
      {({ items }) => {
        const chosen = items.find((bot) => bot.id === place.value.item) ?? items[0];
        return (
          <>
            <PageHead
              title={t("nav.hours")}
              about={t("hours.about")}
              tools={
                <Select
                  quiet
                  label={t("conversations.chatbot")}
                  value={chosen?.id}
                  onChange={(event) => show("hours", event.currentTarget.value)}
                >
                  {items.map((bot) => (
                    <option key={bot.id} value={bot.id}>
                      {bot.name}
                    </option>
                  ))}
                </Select>
              }
            />
            {chosen && <HoursForm key={chosen.id} bot={chosen} onSaved={list.reload} />}
          </>
        );
      }}
    </Reading>
  );
}

function HoursForm({ bot, onSaved }: { bot: FullChatbot; onSaved: () => void }) {
  const board = useBoard();
  const now = useServerNow(board, 5_000);
  const start = (): Hours =>
    bot.hours ?? {
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      weekly: MONDAY_TO_FRIDAY.map((day) => ({ intervals: [...day.intervals] })),
      exceptions: [],
    };
  const [limited, setLimited] = useState(bot.hours !== null);
  const [hours, setHours] = useState<Hours>(start);
  const [policy, setPolicy] = useState<string>(bot.closedPolicy ?? "");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const problems = useMemo(() => (limited ? problemsOf(hours) : []), [limited, hours]);
  const serverField = typeof refused?.details.field === "string" ? refused.details.field.replace(/^hours\./, "") : null;
  const at = (path: string): string | null => {
    const found = problems.find((one) => one.path === path || one.path.startsWith(`${path}[`));
    if (found) return word("hours_problem", found.code);
    return refused &&
      serverField &&
      (serverField === path || serverField.startsWith(`${path}[`) || serverField.startsWith(`${path}.`))
      ? serverWords(refused.message)
      : null;
  };
  const setDay = (index: number, intervals: Interval[]) =>
    setHours({ ...hours, weekly: hours.weekly.map((day, place) => (place === index ? { intervals } : day)) });
  const save = async (event: Event) => {
    event.preventDefault();
    if (problems.length) return;
    setBusy(true);
    setRefused(null);
    try {
      const { id, ...rest } = bot;
      const closedPolicy = POLICIES.find((one) => one === policy) ?? null;
      await board.calls.putChatbot(id, { ...rest, hours: limited ? hours : null, closedPolicy });
      toast(t("hours.saved", { name: bot.name }), "connected");
      onSaved();
    } catch (cause) {
      setRefused(asError(cause));
    }
    setBusy(false);
  };
  return (
    <form class="ad-two ad-two-wide" onSubmit={save} noValidate>
      <div class="ad-stack">
        <Card title={t("hours.week")}>
          <div class="ad-form">
            <Check
              label={t("hours.limited")}
              hint={t("hours.limited_hint")}
              checked={limited}
              onChange={(event) => setLimited((event.currentTarget as HTMLInputElement).checked)}
            />
            {limited && (
              <>
                <Field
                  label={t("hours.zone")}
                  {...{ list: "zones" }}
                  value={hours.timeZone}
                  error={at("timeZone")}
                  onInput={(event) => setHours({ ...hours, timeZone: event.currentTarget.value.trim() })}
                />
                <datalist id="zones">
                  {zones().map((zone) => (
                    <option key={zone} value={zone} />
                  ))}
                </datalist>
                <div class="ad-week">
                  {hours.weekly.map((day, index) => (
                    <Day
                      key={index}
                      name={dayName(index)}
                      intervals={day.intervals}
                      error={at(`weekly[${index}]`)}
                      onChange={(intervals) => setDay(index, intervals)}
                      onCopy={
                        index < 5
                          ? () =>
                              setHours({
                                ...hours,
                                weekly: hours.weekly.map((one, place) =>
                                  place < 5 ? { intervals: day.intervals.map((i) => ({ ...i })) } : one,
                                ),
                              })
                          : undefined
                      }
                    />
                  ))}
                </div>
              </>
            )}
          </div>
        </Card>
        {limited && <Exceptions hours={hours} onChange={(exceptions) => setHours({ ...hours, exceptions })} at={at} />}
      </div>
      <div class="ad-stack ad-sticky">
        <Preview
          bot={bot}
          hours={limited && knownZone(hours.timeZone) ? hours : null}
          zoneKnown={!limited || knownZone(hours.timeZone)}
          now={now}
          policy={policy}
        />
        <Card title={t("hours.outside")}>
          <div class="ad-form">
            <Select
              label={t("hours.policy")}
              hint={policy ? word("policy_hint", policy) : t("hours.policy_default")}
              value={policy}
              onChange={(event) => setPolicy(event.currentTarget.value)}
            >
              <option value="">{t("filter.default")}</option>
              {POLICIES.map((one) => (
                <option key={one} value={one}>
                  {word("policy", one)}
                </option>
              ))}
            </Select>
            {refused && !serverField && (
              <p class="ad-form-error" role="alert">
                {errorWords(refused)}
              </p>
            )}
            {problems.length > 0 && <p class="ad-form-error">{t("hours.not_yet")}</p>}
            <div class="ad-form-end">
              <Button kind="primary" type="submit" busy={busy} disabled={problems.length > 0}>
                {t("action.save")}
              </Button>
            </div>
          </div>
        </Card>
      </div>
    </form>
  );
}

function Day(props: {
  name: string;
  intervals: readonly Interval[];
  error: string | null;
  onChange: (intervals: Interval[]) => void;
  onCopy?: (() => void) | undefined;
}) {
  const { intervals, name, onChange } = props;
  const add = () => {
    const last = intervals.at(-1);
    const from = last ? Math.min(last.toMinute + 60, 1380) % 1440 : 540;
    onChange([...intervals, interval(from, Math.min(from + (last ? 240 : 480), 1440))]);
  };
  return (
    <fieldset class="ad-day">
      <legend>{name}</legend>
      <div class="ad-day-bar" aria-hidden="true">
        {intervals.map((one, index) => (
          <span
            key={index}
            style={{
              insetInlineStart: `${(one.fromMinute / 1440) * 100}%`,
              inlineSize: `${((Math.min(one.toMinute, 1440) - one.fromMinute) / 1440) * 100}%`,
            }}
          />
        ))}
      </div>
      <div class="ad-day-rows">
        {intervals.length === 0 && <span class="sb-soft ad-closed">{t("hours.closed")}</span>}
        {intervals.map((one, index) => (
          <span key={index} class="ad-interval">
            <TimeField
              label={t("hours.from", { day: name })}
              minute={one.fromMinute}
              onChange={(from) =>
                onChange(intervals.map((i, place) => (place === index ? interval(from, one.toMinute) : i)))
              }
            />
            <span aria-hidden="true">–</span>
            <TimeField
              label={t("hours.to", { day: name })}
              minute={one.toMinute}
              onChange={(to) =>
                onChange(intervals.map((i, place) => (place === index ? interval(one.fromMinute, to) : i)))
              }
            />
            {overnight(one) && <Badge>{t("hours.next_day")}</Badge>}
            <IconButton
              small
              label={t("hours.remove", { day: name })}
              onClick={() => onChange(intervals.filter((_, place) => place !== index))}
            >
              <XIcon small />
            </IconButton>
          </span>
        ))}
        <span class="ad-day-tools">
          <IconButton small label={t("hours.add", { day: name })} onClick={add}>
            <PlusIcon small />
          </IconButton>
          {props.onCopy && (
            <IconButton small label={t("hours.copy", { day: name })} onClick={props.onCopy}>
              <CopyIcon small />
            </IconButton>
          )}
        </span>
      </div>
      {props.error && <p class="sb-error">{props.error}</p>}
    </fieldset>
  );
}

function TimeField({ label, minute, onChange }: { label: string; minute: number; onChange: (minute: number) => void }) {
  return (
    <input
      class="sb-input ad-time"
      type="time"
      aria-label={label}
      required
      value={timeText(minute)}
      onChange={(event) => {
        const found = minuteOf(event.currentTarget.value);
        if (found !== null) onChange(found);
      }}
    />
  );
}

function Exceptions(props: {
  hours: Hours;
  onChange: (exceptions: Hours["exceptions"]) => void;
  at: (path: string) => string | null;
}) {
  const { exceptions } = props.hours;
  const change = (index: number, part: Partial<Hours["exceptions"][number]>) =>
    props.onChange(exceptions.map((one, place) => (place === index ? { ...one, ...part } : one)));
  return (
    <Card
      title={t("hours.exceptions")}
      count={exceptions.length}
      tools={
        <Button
          small
          icon={<PlusIcon small />}
          onClick={() =>
            props.onChange([...exceptions, { date: new Date().toISOString().slice(0, 10), name: "", intervals: [] }])
          }
        >
          {t("hours.add_exception")}
        </Button>
      }
    >
      {exceptions.length === 0 ? (
        <Nothing title={t("hours.no_exceptions")} icon={<CalendarOffIcon />}>
          {t("hours.no_exceptions_about")}
        </Nothing>
      ) : (
        <div class="ad-form">
          {exceptions.map((one, index) => (
            <div key={index} class="ad-exception">
              <Field
                label={t("hours.date")}
                type="date"
                value={one.date}
                error={props.at(`exceptions[${index}].date`)}
                onInput={(event) => change(index, { date: event.currentTarget.value })}
              />
              <Field
                label={t("hours.name")}
                value={one.name}
                error={props.at(`exceptions[${index}].name`)}
                placeholder={t("hours.name_hint")}
                onInput={(event) => change(index, { name: event.currentTarget.value })}
              />
              <IconButton
                label={t("hours.remove_exception", { name: one.name || one.date })}
                onClick={() => props.onChange(exceptions.filter((_, place) => place !== index))}
              >
                <XIcon small />
              </IconButton>
              <div class="ad-whole">
                <Day
                  name={one.name || one.date}
                  intervals={one.intervals}
                  error={props.at(`exceptions[${index}].intervals`)}
                  onChange={(intervals) => change(index, { intervals })}
                />
              </div>
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}

/** "Monday 09:00" on the chatbot's own clock; the date as well when it is far. */
function momentThere(at: number, now: number, timeZone: string): string {
  const today = wallAt(now, timeZone).day;
  const days = wallAt(at, timeZone).day - today;
  return new Date(at).toLocaleString(language, {
    timeZone,
    ...(days === 0 ? {} : { weekday: "long" as const }),
    ...(days > 6 ? { day: "numeric" as const, month: "long" as const } : {}),
    hour: "numeric",
    minute: "2-digit",
  });
}

function Preview(props: { bot: FullChatbot; hours: Hours | null; zoneKnown: boolean; now: number; policy: string }) {
  const { hours, now, zoneKnown } = props;
  const minute = Math.floor(now / 60_000);
  const [next, setNext] = useState<number | null>(null);
  const open = isOpen(hours, now);
  useEffect(() => setNext(nextChange(hours, minute * 60_000)), [hours, minute]);
  const moment = next === null || !hours ? null : momentThere(next, now, hours.timeZone);
  const there =
    hours &&
    new Date(now).toLocaleTimeString(language, { timeZone: hours.timeZone, hour: "numeric", minute: "2-digit" });
  return (
    <Card title={t("hours.preview")} note={there ? t("hours.there", { time: there }) : undefined}>
      {zoneKnown ? (
        <div class="ad-widget-card">
          <StatusDot state={open ? "on" : "off"} word={t(open ? "hours.open_now" : "hours.closed_now")} />
          <p>
            {open
              ? moment
                ? t("hours.open_until", { time: moment })
                : t("hours.always_open")
              : moment
                ? t("hours.opens", { time: moment })
                : t("hours.never")}
          </p>
          {!open && props.policy && <p class="sb-soft">{word("policy_hint", props.policy)}</p>}
        </div>
      ) : (
        <p class="sb-soft">{word("hours_problem", "zone")}</p>
      )}
    </Card>
  );
}
