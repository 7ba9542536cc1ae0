/** What is drawn. Everything that is decided is decided in model.ts and handover.ts. */

import { momentOf } from "@switchboard/design/time";
import { waitSentence } from "@switchboard/design/wait";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Control } from "./control.ts";
import type { Card } from "./handover.ts";
import { CircleAlertIcon, EllipsisIcon, HeadsetIcon, SparklesIcon, XIcon } from "./icons.tsx";
import { LEAVE, reachOf, type View } from "./model.ts";
import { Avatar, Button, Dots, Field, IconButton, Menu, RatingFaces, StatusDot } from "./parts.tsx";
import type { FormField, Host } from "./shapes.ts";
import { Composer, MessageList } from "./talk.tsx";
import type { Texts } from "./words.ts";

interface Props {
  view: View;
  control: Control;
  texts: Texts;
  host: Host;
  open: boolean;
}

export function Face(props: Props) {
  const { view, control, texts, host, open } = props;
  const { t } = texts;
  const { state } = control;
  const area = useRef<HTMLTextAreaElement | null>(null);
  const box = useRef<HTMLElement>(null);
  const float = host.options.mode === "float";
  useEffect(() => {
    // A page that carries the chat in itself keeps its focus where it is.
    // On a phone the keyboard would come up and hide what is there to read.
    const touch = matchMedia("(pointer: coarse)").matches;
    if (open && float) (view.mute || touch ? box.current : area.current)?.focus();
  }, [open]);
  const menu = [
    { label: t("sound"), checked: control.loud, onSelect: control.mute },
    ...(state.talk
      ? [
          { label: t("transcript"), onSelect: control.transcript },
          view.closed ? { label: t("restart"), onSelect: control.restart } : { label: t("end"), onSelect: control.end },
        ]
      : []),
  ];
  return (
    <section
      class="sw-panel"
      ref={box}
      tabIndex={-1}
      role={float ? "dialog" : undefined}
      aria-label={view.title}
      onKeyDown={(event) => event.key === "Escape" && float && host.close()}
    >
      <div class="sw-head">
        <Avatar name={view.title} size={40}>
          {!view.agent && (view.head.dot === "assistant" ? <SparklesIcon /> : <HeadsetIcon />)}
        </Avatar>
        <div>
          <h2>{view.title}</h2>
          <StatusDot state={view.head.dot} word={view.head.word} />
        </div>
        <Menu label={t("options")} items={menu}>
          <EllipsisIcon />
        </Menu>
        {float && (
          <IconButton label={t("close")} onClick={host.close}>
            <XIcon />
          </IconButton>
        )}
      </div>
      {view.offline && (
        <div class="sb-banner" role="status">
          <CircleAlertIcon small />
          <p>{t("offline")}</p>
          <Button kind="sb-compact" onClick={control.reconnect}>
            {t("retry")}
          </Button>
        </div>
      )}
      {state.failed ? <Wrong {...props} /> : state.settings ? <Talk {...props} area={area} /> : <div class="sw-body" />}
    </section>
  );
}

function Wrong({ control, texts: { t } }: Props) {
  const refused = control.state.failed === "refused";
  return (
    <div class="sw-body sb-state" role="alert">
      <CircleAlertIcon />
      <h3>{t(refused ? "refused" : "wrong")}</h3>
      {!refused && (
        <>
          <p>{t("wrong.hint")}</p>
          <Button kind="sb-primary" onClick={control.load}>
            {t("retry")}
          </Button>
        </>
      )}
    </div>
  );
}

function Talk(props: Props & { area: { current: HTMLTextAreaElement | null } }) {
  const { view, control, texts } = props;
  const { t } = texts;
  const { state } = control;
  const foot = state.settings?.poweredBy;
  return (
    <>
      <MessageList {...props}>
        <Next {...props} />
      </MessageList>
      <div class="sw-foot">
        <HandOver {...props} card={view.card} />
        {state.trouble && (
          <p class="sb-error" role="alert">
            {t("failed")}
          </p>
        )}
        {view.person && (
          <button type="button" class="sw-person" onClick={control.connect}>
            <HeadsetIcon small />
            {t("person")}
          </button>
        )}
        {!view.mute && <Composer {...props} maxLength={state.settings?.limits.contentChars ?? 4000} />}
        {foot && <p class="sw-powered">{foot}</p>}
      </div>
    </>
  );
}

/** What follows the messages: the first questions, a form, or what comes after the end. */
function Next(props: Props) {
  const { view, control, texts } = props;
  const { t } = texts;
  const { state } = control;
  if (view.closed) {
    return (
      <div class="sw-card">
        {!state.talk?.rated ? (
          <RatingFaces label={t("rate")} word={(score) => t(`rate.${score as 1}`)} onRate={control.rate} />
        ) : (
          <p role="status">{t("thanks")}</p>
        )}
        <div class="sw-row">
          <Button onClick={control.transcript}>{t("transcript")}</Button>
          <Button kind="sb-primary" onClick={control.restart}>
            {t("restart")}
          </Button>
        </div>
      </div>
    );
  }
  switch (view.step) {
    case "home":
      return (
        <div class="sw-quick">
          <Button onClick={control.ask}>{t("ask")}</Button>
          <Button onClick={control.ask}>{t("person")}</Button>
        </div>
      );
    case "choice":
      return <Choice {...props} />;
    case "form":
      return <Form {...props} fields={view.form} title={t("form")} go={t("go")} onSend={control.form} />;
    case "leave":
      return <Leave {...props} />;
  }
  return null;
}

function Choice({ control, texts }: Props) {
  const { t } = texts;
  const { settings, now, reach: found } = control.state;
  const reach = found && reachOf(found, texts, now);
  return (
    <div class="sw-card">
      <h3>{t("choice")}</h3>
      <Way
        onClick={reach && !reach.here ? () => control.go("leave") : control.human}
        icon={<HeadsetIcon />}
        title={t("human")}
      >
        {reach ? <StatusDot state={reach.dot} word={reach.text} /> : <Dots />}
      </Way>
      {settings?.assistant && (
        <Way onClick={() => control.go("home")} icon={<SparklesIcon />} title={t("ai")}>
          <StatusDot state="assistant" word={t("ai.hint")} />
        </Way>
      )}
    </div>
  );
}

function Way(props: { onClick: () => void; icon: ComponentChildren; title: string; children: ComponentChildren }) {
  return (
    <button type="button" class="sw-way" onClick={props.onClick}>
      {props.icon}
      <span>
        <b>{props.title}</b>
        {props.children}
      </span>
    </button>
  );
}

interface FormProps {
  texts: Texts;
  title: string;
  fields: readonly FormField[];
  go: string;
  /** What is wrong, by key; nothing = it was taken. */
  onSend: (answers: Record<string, string>) => Record<string, string> | null;
  back?: () => void;
}

function Form({ texts: { t }, title, fields, go, onSend, back }: FormProps) {
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState<Record<string, string> | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const find = (what: string) => form.current?.querySelector<HTMLElement>(what);
    (find("[aria-invalid]") ?? find("input, textarea"))?.focus();
  }, [wrong]);
  return (
    <form
      class="sw-card"
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setWrong(onSend(answers));
      }}
    >
      <h3>{title}</h3>
      {fields.map((field) => (
        <Field
          {...field}
          value={answers[field.key] ?? ""}
          error={wrong?.[field.key]}
          onInput={(text) => setAnswers({ ...answers, [field.key]: text })}
        />
      ))}
      <div class="sw-row">
        {back && <Button onClick={back}>{t("back")}</Button>}
        <Button kind="sb-primary" type="submit">
          {go}
        </Button>
      </div>
    </form>
  );
}

function Leave(props: Props & { back?: () => void }) {
  const { control, texts } = props;
  const { t } = texts;
  return (
    <Form
      texts={texts}
      title={t("leave")}
      fields={LEAVE}
      go={t("leave.send")}
      onSend={control.leave}
      back={props.back ?? (() => control.go("home"))}
    />
  );
}

/** Never instead of the conversation: it stands between it and the composer. */
function HandOver(props: Props & { card: Card }) {
  const { card, control, texts } = props;
  const { t } = texts;
  const { left, now } = control.state;
  const [leaving, setLeaving] = useState(false);
  if (left) return <Notice>{t("left", { email: left })}</Notice>;
  switch (card.kind) {
    case "none":
      return null;
    case "offer":
      return (
        <Notice>
          <p>{t("offer")}</p>
          <Button kind="sb-primary" onClick={control.connect}>
            {t("connect")}
          </Button>
        </Notice>
      );
    case "connecting":
      return (
        <Notice>
          <Dots />
          {t("connecting")}
        </Notice>
      );
    case "waiting":
      if (card.nobody && leaving) return <Leave {...props} back={() => setLeaving(false)} />;
      return (
        <Notice waiting>
          <p>
            {card.again && <>{t("again")} </>}
            <b>
              {card.nobody
                ? t("nobody")
                : card.asked
                  ? t("asked")
                  : card.late
                    ? t("late")
                    : waitSentence(t, card.position, card.wait)}
            </b>
          </p>
          <div class="sw-row">
            {card.done === null ? (
              <Dots />
            ) : (
              <Meter label={t("waited")} done={card.done} words={waitSentence(t, null, card.wait)} />
            )}
            {card.nobody && (
              <Button kind="sb-compact" onClick={() => setLeaving(true)}>
                {t("leave.open")}
              </Button>
            )}
            <Button kind="sb-compact" onClick={control.cancel}>
              {t("cancel")}
            </Button>
          </div>
        </Notice>
      );
    case "away":
      return (
        <div class="sw-away">
          <p>
            <b>{t(card.closed ? "closed" : "nobody")}</b>{" "}
            {card.opens && t("opens", { when: momentOf(Date.parse(card.opens), now, texts.language) })}
          </p>
          {card.leave ? <Leave {...props} back={control.stay} /> : <Button onClick={control.stay}>{t("stay")}</Button>}
        </div>
      );
  }
}

function Notice({ children, waiting }: { children: ComponentChildren; waiting?: boolean }) {
  return (
    <div class={waiting ? "sw-notice sw-waiting" : "sw-notice"} role="status">
      {children}
    </div>
  );
}

/** How much of the wait is over. */
function Meter({ label, done, words }: { label: string; done: number; words: string }) {
  const value = Math.max(4, Math.round(done * 100));
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be coloured
    <span class="sb-meter" role="meter" aria-label={label} aria-valuenow={value} aria-valuetext={words} title={words}>
      <span style={{ inlineSize: `${value}%` }} />
    </span>
  );
}
