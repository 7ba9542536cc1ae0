/** Alerts that stand, and those that are over since this page was opened. Pure. */
export interface Alert {
  rule: string;
  severity: "warning" | "critical";
  message: string;
  /** RFC 3339. */
  since: string;
}
export interface ClearedAlert extends Alert {
  /** RFC 3339. */
  clearedAt: string;
}
export interface Alerts {
  readonly active: readonly Alert[];
  readonly cleared: readonly ClearedAlert[];
}
export const noAlerts: Alerts = { active: [], cleared: [] };
const KEPT = 50;

const inOrder = (alerts: readonly Alert[]) =>
  [...alerts].sort((a, b) =>
    a.severity === b.severity ? Date.parse(a.since) - Date.parse(b.since) : a.severity === "critical" ? -1 : 1,
  );

function clear(state: Alerts, rules: ReadonlySet<string>, at: string): Alerts {
  const over = state.active.filter((alert) => rules.has(alert.rule)).map((alert) => ({ ...alert, clearedAt: at }));
  if (!over.length) return state;
  return {
    active: state.active.filter((alert) => !rules.has(alert.rule)),
    cleared: [...over, ...state.cleared].slice(0, KEPT),
  };
}

/** What the server lists stands; what stood here and is not in it is over. */
export function listed(state: Alerts, items: readonly Alert[], at: string): Alerts {
  const still = new Set(items.map((item) => item.rule));
  const gone = new Set(state.active.filter((alert) => !still.has(alert.rule)).map((alert) => alert.rule));
  return { ...clear(state, gone, at), active: inOrder(items) };
}

/** One was raised, said anew, or is over. */
export function told(
  state: Alerts,
  alert: Omit<Alert, "severity"> & { severity: Alert["severity"] | "cleared"; timestamp: string },
): Alerts {
  const { severity, timestamp, rule, message, since } = alert;
  if (severity === "cleared") return clear(state, new Set([rule]), timestamp);
  const others = state.active.filter((one) => one.rule !== rule);
  return { ...state, active: inOrder([...others, { rule, message, since, severity }]) };
}
