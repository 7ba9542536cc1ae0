import { Badge, BellOffIcon, CircleAlertIcon, CircleCheckIcon, TriangleAlertIcon } from "@switchboard/design";
import { useBoard, useServerNow } from "../live/context.ts";
import { t, word } from "../texts.ts";
import { At, Card, errorWords, Nothing, PageHead, Waited } from "./parts.tsx";

export function AlertsView() {
  const board = useBoard();
  const now = useServerNow(board);
  const { active, cleared } = board.alerts.value;
  const error = board.alertsError.value;
  return (
    <>
      <PageHead title={t("nav.alerts")} about={t("alerts.about")} />
      {error && <p class="ad-old">{t("alerts.unlisted", { why: errorWords(error) })}</p>}
      <Card title={t("alerts.active")} count={active.length} flush>
        {active.length === 0 ? (
          <Nothing title={t("alerts.none")} icon={<CircleCheckIcon />}>
            {t("alerts.none_about")}
          </Nothing>
        ) : (
          <ul class="ad-alerts">
            {active.map((alert) => (
              <li key={alert.rule} class={alert.severity === "critical" ? "sb-tone-overdue" : "sb-tone-waiting"}>
                {alert.severity === "critical" ? <CircleAlertIcon /> : <TriangleAlertIcon />}
                <div>
                  <p>
                    <strong>{word("alert", alert.rule)}</strong>{" "}
                    <Badge tone={alert.severity === "critical" ? "overdue" : "waiting"}>
                      {t(`severity.${alert.severity}`)}
                    </Badge>
                  </p>
                  <p>{alert.message}</p>
                  <p class="sb-soft">{word("alert_help", alert.rule)}</p>
                </div>
                <p class="ad-push ad-nowrap">
                  {t("alerts.for")} <Waited since={Date.parse(alert.since)} now={now} plain />
                </p>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t("alerts.cleared")} count={cleared.length} flush note={t("alerts.cleared_about")}>
        {cleared.length === 0 ? (
          <Nothing title={t("alerts.none_cleared")} icon={<BellOffIcon />} />
        ) : (
          <ul class="ad-alerts">
            {cleared.map((alert) => (
              <li key={`${alert.rule} ${alert.clearedAt}`} class="sb-tone-plain">
                <CircleCheckIcon />
                <div>
                  <p>
                    <strong>{word("alert", alert.rule)}</strong>
                  </p>
                  <p class="sb-soft">{alert.message}</p>
                </div>
                <p class="ad-push ad-nowrap sb-soft">
                  <At at={alert.since} now={now} /> – <At at={alert.clearedAt} now={now} />
                </p>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}
