/** A wait in a sentence. */
import { type Wait, waitMinutes } from "./time.ts";

/** Keys that `waitSentence` needs; they stand in words/en.json and its sisters. */
export type WaitKey = "wait.position" | "wait.next" | "wait.about" | "wait.range" | "wait.unknown";

/** "You're number 3. About 4 minutes." The wait is a range when there is one, and "unknown" is said. */
export function waitSentence(
  t: (key: WaitKey, fill?: Record<string, string | number>) => string,
  position: number | null,
  wait: Wait | null,
): string {
  const minutes = waitMinutes(wait);
  const place = position === null ? "" : position <= 1 ? t("wait.next") : t("wait.position", { position });
  const time = !minutes
    ? t("wait.unknown")
    : minutes.high === undefined
      ? t("wait.about", { count: minutes.low })
      : t("wait.range", { count: minutes.high, low: minutes.low });
  return place ? `${place} ${time}` : time;
}
