/** Times, days and waits in words of a language. Pure: the clock is given. */

/** How long until help comes, as the engine says it. `seconds`, or a range, or nothing known. */
export interface Wait {
  /** Half of all waits like this are over by then, seconds. `null` when the engine does not know. */
  low: number | null;
  /** Nine in ten are over by then, seconds. `null` or equal to `low` when there is no range. */
  high?: number | null;
}

/** Minutes of a wait: never less than one, whole. */
export function minutesOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}

/** The range in whole minutes, `null` when unknown; `high` is left out when it says nothing more. */
export function waitMinutes(wait: Wait | null | undefined): { low: number; high?: number } | null {
  if (wait?.low == null || !Number.isFinite(wait.low)) return null;
  const low = minutesOf(wait.low);
  const high = wait.high == null || !Number.isFinite(wait.high) ? low : minutesOf(wait.high);
  return high > low ? { low, high } : { low };
}

/** "3:07", "1:02:09": time passed or left, never negative. */
export function clock(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

const day = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** True when both instants fall on the same day of this device. */
export function sameDay(a: number, b: number): boolean {
  return day(a) === day(b);
}

/** "14:02" as the language writes it. */
export function timeOf(at: number, language: string): string {
  return new Date(at).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
}

/** "Today", "Yesterday", "Monday, 3 March": the words of the language, the year only when it is another one. */
export function dayOf(at: number, now: number, language: string): string {
  const days = Math.round((day(at) - day(now)) / 86_400_000);
  if (Math.abs(days) <= 1) {
    const word = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase(language) + word.slice(1);
  }
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return new Date(at).toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long", ...year });
}

/** "Monday at 09:00", "today at 14:00": when something opens. */
export function momentOf(at: number, now: number, language: string): string {
  if (sameDay(at, now)) return timeOf(at, language);
  const far = Math.abs(at - now) > 6 * 86_400_000;
  return new Date(at).toLocaleString(language, {
    weekday: "long",
    ...(far ? { day: "numeric", month: "long" } : {}),
    hour: "numeric",
    minute: "2-digit",
  });
}

/** "just now", "4 min ago", "2 hr ago": for lists, short. */
export function ago(at: number, now: number, language: string): string {
  const seconds = Math.round((at - now) / 1000);
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  if (seconds > -60) return words.format(0, "second");
  if (seconds > -3600) return words.format(Math.round(seconds / 60), "minute");
  if (seconds > -86_400) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86_400), "day");
}
