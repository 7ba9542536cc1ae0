/** Opening hours as a person edits them, checked and understood as the server does. Pure: the time is given. */
import type { Hours, Interval } from "@switchboard/client/staff";

const DAY = 1440;
/** The server's bounds. */
export const MOST_INTERVALS = 14;
const HORIZON_DAYS = 400;

/** "9:00" and "09:00" are 540; null when it is no time of day. "24:00" is the end of the day. */
export function minuteOf(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!found) return null;
  const [hours, minutes] = [Number(found[1]), Number(found[2])];
  return minutes < 60 && (hours < 24 || (hours === 24 && minutes === 0)) ? hours * 60 + minutes : null;
}

/** 540 is "09:00"; what lies past midnight is shown as the clock then shows it. */
export function timeText(minute: number): string {
  const of = ((minute % DAY) + DAY) % DAY;
  return `${String(Math.floor(of / 60)).padStart(2, "0")}:${String(of % 60).padStart(2, "0")}`;
}

/** An end that is not after the beginning is meant for the next day; the same time is a whole day. */
export function interval(from: number, to: number): Interval {
  const start = from % DAY;
  const end = to % DAY;
  return { fromMinute: start, toMinute: end <= start ? end + DAY : end };
}

export const overnight = (one: Interval) => one.toMinute > DAY;

export type HoursProblem = { path: string; code: "zone" | "range" | "overlap" | "many" | "date" | "twice" | "long" };

function dayProblems(path: string, intervals: readonly Interval[]): HoursProblem[] {
  const found: HoursProblem[] = [];
  if (intervals.length > MOST_INTERVALS) found.push({ path, code: "many" });
  const sorted = intervals.map((one, index) => ({ ...one, index })).sort((a, b) => a.fromMinute - b.fromMinute);
  for (const [place, one] of sorted.entries()) {
    const sane = one.fromMinute >= 0 && one.fromMinute < DAY && one.toMinute > one.fromMinute;
    if (!sane || one.toMinute > one.fromMinute + DAY) found.push({ path: `${path}[${one.index}]`, code: "range" });
    const before = sorted[place - 1];
    if (before && before.toMinute > one.fromMinute) found.push({ path: `${path}[${one.index}]`, code: "overlap" });
  }
  return found;
}

export function knownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone.trim() !== "";
  } catch {
    return false;
  }
}

const validDate = (date: string) =>
  /^\d{4}-\d{2}-\d{2}$/.test(date) && new Date(`${date}T00:00:00Z`).toJSON()?.slice(0, 10) === date;

export function problemsOf(hours: Hours): HoursProblem[] {
  const found: HoursProblem[] = knownZone(hours.timeZone) ? [] : [{ path: "timeZone", code: "zone" }];
  for (const [index, day] of hours.weekly.entries()) found.push(...dayProblems(`weekly[${index}]`, day.intervals));
  const seen = new Set<string>();
  for (const [index, exception] of hours.exceptions.entries()) {
    const path = `exceptions[${index}]`;
    if (!validDate(exception.date)) found.push({ path: `${path}.date`, code: "date" });
    else if (seen.has(exception.date)) found.push({ path: `${path}.date`, code: "twice" });
    seen.add(exception.date);
    if (exception.name.length > 200) found.push({ path: `${path}.name`, code: "long" });
    found.push(...dayProblems(`${path}.intervals`, exception.intervals));
  }
  return found;
}

interface Wall {
  /** Days since 1970-01-01 on the chatbot's wall. */
  day: number;
  minute: number;
}

/** Making one takes far longer than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  clocks.set(zone, made);
  return made;
}

/** What the clock on the chatbot's wall shows. */
export function wallAt(at: number, zone: string): Wall {
  const parts = clockOf(zone).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { day: Date.UTC(of("year"), of("month") - 1, of("day")) / 86_400_000, minute: of("hour") * 60 + of("minute") };
}

const dateOf = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);
/** Monday is 0; 1970-01-01 was a Thursday. */
const weekdayOf = (day: number) => (((day + 3) % 7) + 7) % 7;

/** An exception replaces what starts on its date, never what spills in from the day before. */
function startingOn(hours: Hours, day: number): readonly Interval[] {
  const date = dateOf(day);
  const exception = hours.exceptions.find((one) => one.date === date);
  return exception ? exception.intervals : (hours.weekly[weekdayOf(day)]?.intervals ?? []);
}

function openAtWall(hours: Hours, { day, minute }: Wall): boolean {
  const within = (list: readonly Interval[], at: number) =>
    list.some((one) => one.fromMinute <= at && at < one.toMinute);
  return within(startingOn(hours, day), minute) || within(startingOn(hours, day - 1), minute + DAY);
}

export function isOpen(hours: Hours | null, at: number): boolean {
  return hours === null || openAtWall(hours, wallAt(at, hours.timeZone));
}

/** The moment at which the wall first shows a minute of a day; a skipped one counts as the first after the gap. */
function momentOf(day: number, minute: number, zone: string): number {
  const wanted = day * DAY + minute;
  let at = wanted * 60_000;
  for (let turn = 0; turn < 3; turn += 1) {
    const wall = wallAt(at, zone);
    const off = wanted - (wall.day * DAY + wall.minute);
    if (off === 0) break;
    at += off * 60_000;
  }
  return at;
}

/** When open and closed next change places, from `at` on; null when they never do within 400 days. */
export function nextChange(hours: Hours | null, at: number): number | null {
  if (!hours) return null;
  const now = isOpen(hours, at);
  const { day } = wallAt(at, hours.timeZone);
  const edges: number[] = [];
  for (let ahead = -1; ahead <= HORIZON_DAYS; ahead += 1) {
    for (const one of startingOn(hours, day + ahead)) {
      edges.push(momentOf(day + ahead, one.fromMinute, hours.timeZone));
      edges.push(momentOf(day + ahead, one.toMinute, hours.timeZone));
    }
    // The first week or so nearly always has it; the far ones are for holidays only.
    if (edges.length && (ahead % 14 === 13 || ahead === HORIZON_DAYS)) {
      const found = edges.sort((a, b) => a - b).find((edge) => edge > at && isOpen(hours, edge) !== now);
      if (found !== undefined) return found;
      edges.length = 0;
    }
  }
  return null;
}

export const MONDAY_TO_FRIDAY: Hours["weekly"] = Array.from({ length: 7 }, (_, index) => ({
  intervals: index < 5 ? [{ fromMinute: 540, toMinute: 1020 }] : [],
}));
