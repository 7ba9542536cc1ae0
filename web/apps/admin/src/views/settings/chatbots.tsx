/** Chatbots: what they are called, who answers, where they may stand, how they look. */
import type { SwitchboardError } from "@switchboard/client";
import type { ChatbotAssistant } from "@switchboard/client/staff";
import {
  accentTokens,
  Badge,
  BotIcon,
  Button,
  Check,
  ChevronDownIcon,
  CircleHelpIcon,
  CopyIcon,
  classes,
  contrast,
  Field,
  IconButton,
  MessageCircleIcon,
  PlusIcon,
  parseHex,
  Select,
  SendIcon,
  SparklesIcon,
  TextArea,
  Trash2Icon,
  XIcon,
} from "@switchboard/design";
import { useState } from "preact/hooks";
import { dark } from "../../live/appearance.ts";
import { asError } from "../../live/board.ts";
import type { FullChatbot } from "../../live/calls.ts";
import { useBoard, useLoaded } from "../../live/context.ts";
import { home, place, show } from "../../live/place.ts";
import { inAWhile, toast } from "../../live/toasts.ts";
import { botProblems, fieldOf, type PreChatField, type Problems, serverWords, wordsOf } from "../../model/forms.ts";
import { embedCode, storedTheme, type Theme, themeOf } from "../../model/theme.ts";
import { n, t, word } from "../../texts.ts";
import { Card, errorWords, Nothing, PageHead, Reading } from "../parts.tsx";
import { copy } from "./tokens.tsx";

export function ChatbotsView() {
  const board = useBoard();
  const list = useLoaded(() => board.calls.chatbots(), []);
  const add = (
    <Button kind="primary" icon={<PlusIcon small />} onClick={() => show("chatbots", "+")}>
      {t("bots.add")}
    </Button>
  );
  return (
    <Reading
      of={list}
      title={t("nav.chatbots")}
      rows={8}
      empty={({ items }) =>
        items.length === 0 &&
        place.value.item !== "+" && (
          <Nothing title={t("bots.empty")} icon={<BotIcon />} action={add}>
            {t("bots.empty_about")}
          </Nothing>
        )
      }
    >
      {({ items }) => {
        const isNew = place.value.item === "+";
        const chosen = isNew ? null : (items.find((bot) => bot.id === place.value.item) ?? items[0] ?? null);
        return (
          <>
            <PageHead
              title={t("nav.chatbots")}
              about={t("bots.about")}
              tools={
                <>
                  <Select
                    quiet
                    label={t("conversations.chatbot")}
                    value={isNew ? "+" : chosen?.id}
                    onChange={(event) => show("chatbots", event.currentTarget.value)}
                  >
                    {items.map((bot) => (
                      <option key={bot.id} value={bot.id}>
                        {bot.name}
                      </option>
                    ))}
                    {isNew && <option value="+">{t("bots.new")}</option>}
                  </Select>
                  {add}
                </>
              }
            />
            <BotForm
              key={isNew ? "+" : chosen?.id}
              bot={chosen}
              onSaved={(id) => {
                list.reload();
                show("chatbots", id);
              }}
            />
          </>
        );
      }}
    </Reading>
  );
}

const FIELDS = [
  "id",
  "name",
  "greeting",
  "routingMode",
  "closedPolicy",
  "allowedOrigins",
  "assistant.provider",
  "assistant.model",
  "assistant.prompt",
  "assistant.knowledgeTags",
  "assistant.handOff",
  "theme",
  "preChat",
  "languages",
  "poweredBy",
];
const EMPTY_ASSISTANT: ChatbotAssistant = { provider: null, model: null, prompt: "", knowledgeTags: [], handOff: null };
const MODES = ["auto", "offer", "manual"] as const;
const HAND_OFFS = ["at_once", "ask"] as const;
const RADII = [
  ["small", 6],
  ["medium", 10],
  ["large", 16],
] as const;
const PROVIDERS = ["knowledge", "openai", "anthropic"];

function BotForm({ bot, onSaved }: { bot: FullChatbot | null; onSaved: (id: string) => void }) {
  const board = useBoard();
  const [id, setId] = useState(bot?.id ?? "");
  const [name, setName] = useState(bot?.name ?? "");
  const [greeting, setGreeting] = useState(bot?.greeting ?? "");
  const [mode, setMode] = useState<string>(bot?.routingMode ?? "");
  const [assistant, setAssistant] = useState<ChatbotAssistant>({ ...EMPTY_ASSISTANT, ...bot?.assistant });
  const [tags, setTags] = useState((bot?.assistant?.knowledgeTags ?? []).join(", "));
  const [origins, setOrigins] = useState((bot?.allowedOrigins ?? []).join("\n"));
  const [theme, setTheme] = useState<Theme>(themeOf(bot?.theme));
  const [preChat, setPreChat] = useState<PreChatField[]>(bot?.preChat ?? []);
  const [languages, setLanguages] = useState((bot?.languages ?? []).join(", "));
  const [foot, setFoot] = useState<"product" | "own" | "none">(
    bot?.poweredBy == null ? "product" : bot.poweredBy === "" ? "none" : "own",
  );
  const [poweredBy, setPoweredBy] = useState(bot?.poweredBy ?? "");
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const [busy, setBusy] = useState(false);
  const field =
    refused &&
    fieldOf(refused.details.field, [
      ...FIELDS,
      ...preChat.flatMap((_, i) => [`preChat[${i}].key`, `preChat[${i}].label`, `preChat[${i}].kind`]),
    ]);
  const at = (path: string): string | null => {
    const found = problems[path];
    if (found) return word("problem", found);
    return refused && field === path ? serverWords(refused.message) : null;
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const found = botProblems({ id, name, allowedOrigins: wordsOf(origins), preChat, accent: theme.accent });
    setProblems(found);
    setRefused(null);
    if (Object.keys(found).length) return;
    setBusy(true);
    try {
      const saved = await board.calls.putChatbot(id, {
        name: name.trim(),
        greeting,
        routingMode: MODES.find((one) => one === mode) ?? null,
        closedPolicy: bot?.closedPolicy ?? null,
        hours: bot?.hours ?? null,
        allowedOrigins: wordsOf(origins),
        assistant: {
          ...assistant,
          provider: assistant.provider?.trim() || null,
          model: assistant.model?.trim() || null,
          knowledgeTags: wordsOf(tags),
        },
        theme: storedTheme(theme, bot?.theme),
        preChat,
        languages: wordsOf(languages),
        poweredBy: foot === "product" ? null : foot === "none" ? "" : poweredBy,
      });
      toast(t("bots.saved", { name: saved.name }), "connected");
      onSaved(saved.id);
    } catch (cause) {
      setRefused(asError(cause));
    }
    setBusy(false);
  };
  const remove = () =>
    bot &&
    inAWhile(`bot ${bot.id}`, t("bots.deleting", { name: bot.name }), t("action.undo"), () => {
      board.calls.deleteChatbot(bot.id).then(
        () => onSaved(""),
        (cause) => toast(errorWords(asError(cause)), "overdue"),
      );
    });
  return (
    <form class="ad-two ad-two-wide" onSubmit={save} noValidate>
      <div class="ad-stack">
        <Card title={t("bots.basics")}>
          <div class="ad-form">
            {refused && !field && (
              <p class="ad-form-error" role="alert">
                {errorWords(refused)}
              </p>
            )}
            <div class="ad-form-pair">
              <Field
                label={t("bots.name")}
                required
                value={name}
                error={at("name")}
                onInput={(e) => setName(e.currentTarget.value)}
              />
              <Field
                label={t("bots.id")}
                hint={t(bot ? "bots.id_fixed" : "bots.id_hint")}
                required
                disabled={!!bot}
                value={id}
                error={at("id")}
                onInput={(e) => setId(e.currentTarget.value)}
              />
            </div>
            <TextArea
              label={t("bots.greeting")}
              hint={t("bots.greeting_hint")}
              value={greeting}
              error={at("greeting")}
              onInput={(e) => setGreeting(e.currentTarget.value)}
            />
            <Select
              label={t("bots.mode")}
              hint={mode ? word("mode_hint", mode) : t("bots.mode_default")}
              value={mode}
              error={at("routingMode")}
              onChange={(e) => setMode(e.currentTarget.value)}
            >
              <option value="">{t("filter.default")}</option>
              {MODES.map((one) => (
                <option key={one} value={one}>
                  {word("mode", one)}
                </option>
              ))}
            </Select>
          </div>
        </Card>
        <Card title={t("bots.assistant")}>
          <div class="ad-form">
            <div class="ad-form-pair">
              <Field
                label={t("bots.provider")}
                hint={t("bots.provider_hint")}
                {...{ list: "providers" }}
                value={assistant.provider ?? ""}
                error={at("assistant.provider")}
                onInput={(e) => setAssistant({ ...assistant, provider: e.currentTarget.value || null })}
              />
              <datalist id="providers">
                {PROVIDERS.map((one) => (
                  <option key={one} value={one} />
                ))}
              </datalist>
              <Field
                label={t("bots.model")}
                hint={t("bots.model_hint")}
                value={assistant.model ?? ""}
                error={at("assistant.model")}
                onInput={(e) => setAssistant({ ...assistant, model: e.currentTarget.value || null })}
              />
              <Select
                label={t("bots.hand_off")}
                hint={assistant.handOff ? word("hand_off_hint", assistant.handOff) : t("bots.mode_default")}
                value={assistant.handOff ?? ""}
                error={at("assistant.handOff")}
                onChange={(e) =>
                  setAssistant({
                    ...assistant,
                    handOff: HAND_OFFS.find((one) => one === e.currentTarget.value) ?? null,
                  })
                }
              >
                <option value="">{t("filter.default")}</option>
                {HAND_OFFS.map((one) => (
                  <option key={one} value={one}>
                    {word("hand_off", one)}
                  </option>
                ))}
              </Select>
              <Field
                label={t("bots.tags")}
                hint={t("bots.tags_hint")}
                value={tags}
                error={at("assistant.knowledgeTags")}
                onInput={(e) => setTags(e.currentTarget.value)}
              />
            </div>
            <TextArea
              label={t("bots.prompt")}
              hint={t("bots.prompt_hint")}
              lines={14}
              value={assistant.prompt}
              error={at("assistant.prompt")}
              onInput={(e) => setAssistant({ ...assistant, prompt: e.currentTarget.value })}
            />
          </div>
        </Card>
        <Card title={t("bots.theme")}>
          <div class="ad-form ad-form-pair">
            <Accent
              accent={theme.accent}
              error={at("theme.accent") ?? at("theme")}
              onChange={(accent) => setTheme({ ...theme, accent })}
            />
            <Select
              label={t("theme.radius")}
              value={String(theme.radius)}
              onChange={(e) => setTheme({ ...theme, radius: Number(e.currentTarget.value) })}
            >
              {RADII.map(([name, pixels]) => (
                <option key={name} value={String(pixels)}>
                  {t(`theme.radius_${name}`)}
                </option>
              ))}
              {RADII.every(([, pixels]) => pixels !== theme.radius) && (
                <option value={String(theme.radius)}>{t("theme.radius_px", { pixels: theme.radius })}</option>
              )}
            </Select>
            <Select
              label={t("theme.position")}
              value={theme.position}
              onChange={(e) => setTheme({ ...theme, position: e.currentTarget.value as Theme["position"] })}
            >
              {(["right", "left"] as const).map((one) => (
                <option key={one} value={one}>
                  {t(`theme.${one}`)}
                </option>
              ))}
            </Select>
            <Select
              label={t("theme.launcher")}
              value={theme.icon}
              onChange={(e) => setTheme({ ...theme, icon: e.currentTarget.value as Theme["icon"] })}
            >
              {(["chat", "help", "spark"] as const).map((one) => (
                <option key={one} value={one}>
                  {t(`theme.launcher_${one}`)}
                </option>
              ))}
            </Select>
            <Select
              label={t("theme.scheme")}
              value={theme.scheme}
              onChange={(e) => setTheme({ ...theme, scheme: e.currentTarget.value as Theme["scheme"] })}
            >
              {(["auto", "light", "dark"] as const).map((one) => (
                <option key={one} value={one}>
                  {t(`appearance.${one}`)}
                </option>
              ))}
            </Select>
          </div>
        </Card>
        <PreChat fields={preChat} onChange={setPreChat} at={at} />
        <Card title={t("bots.where")}>
          <div class="ad-form">
            <TextArea
              label={t("bots.origins")}
              hint={t("bots.origins_hint")}
              placeholder="https://shop.example"
              value={origins}
              error={at("allowedOrigins")}
              onInput={(e) => setOrigins(e.currentTarget.value)}
            />
            <div class="ad-form-pair">
              <Field
                label={t("bots.languages")}
                hint={t("bots.languages_hint")}
                value={languages}
                error={at("languages")}
                onInput={(e) => setLanguages(e.currentTarget.value)}
              />
              <Select
                label={t("bots.powered")}
                value={foot}
                onChange={(e) => setFoot(e.currentTarget.value as typeof foot)}
              >
                {(["product", "own", "none"] as const).map((one) => (
                  <option key={one} value={one}>
                    {t(`bots.powered_${one}`)}
                  </option>
                ))}
              </Select>
              {foot === "own" && (
                <Field
                  label={t("bots.powered_text")}
                  maxLength={100}
                  value={poweredBy}
                  error={at("poweredBy")}
                  onInput={(e) => setPoweredBy(e.currentTarget.value)}
                />
              )}
            </div>
          </div>
        </Card>
        <div class="ad-form-end ad-savebar">
          {bot && bot.id !== "default" && (
            <Button kind="plain" class="ad-start" icon={<Trash2Icon small />} onClick={remove}>
              {t("bots.delete")}
            </Button>
          )}
          <Button kind="primary" type="submit" busy={busy}>
            {t("bots.save")}
          </Button>
        </div>
      </div>
      <div class="ad-stack ad-sticky">
        <WidgetPreview
          theme={theme}
          name={name || t("bots.new")}
          greeting={greeting}
          preChat={preChat}
          poweredBy={foot === "own" ? poweredBy : foot === "none" ? "" : t("bots.powered_line")}
        />
        <Card
          title={t("bots.embed")}
          tools={
            <Button
              small
              icon={<CopyIcon small />}
              disabled={!id}
              onClick={() => copy(embedCode(home.engine.href, id))}
            >
              {t("action.copy")}
            </Button>
          }
        >
          <p class="sb-soft">{t("bots.embed_about")}</p>
          <pre class="ad-code">{embedCode(home.engine.href, id || "…")}</pre>
        </Card>
      </div>
    </form>
  );
}

function Accent({
  accent,
  error,
  onChange,
}: {
  accent: string;
  error: string | null;
  onChange: (accent: string) => void;
}) {
  const made = accentTokens(accent, dark.value);
  const used = made["--sb-accent"];
  const corrected = used !== undefined && parseHex(accent) !== null && used.toLowerCase() !== accent.toLowerCase();
  const on = made["--sb-on-accent"];
  return (
    <div class="ad-accent">
      <Field
        label={t("theme.accent")}
        hint={
          used && on
            ? corrected
              ? t("theme.corrected", { used, ratio: n(Math.round(contrast(used, on) * 10) / 10) })
              : t("theme.reads", { ratio: n(Math.round(contrast(used, on) * 10) / 10) })
            : t("theme.accent_hint")
        }
        value={accent}
        placeholder="#2457d6"
        error={error ?? (accent && !parseHex(accent) ? word("problem", "colour") : null)}
        onInput={(e) => onChange(e.currentTarget.value.trim())}
      />
      <input
        type="color"
        aria-label={t("theme.pick")}
        value={parseHex(accent) && accent.length === 7 ? accent : "#2457d6"}
        onInput={(e) => onChange(e.currentTarget.value)}
      />
    </div>
  );
}

const KINDS = ["text", "email", "long_text"] as const;

function PreChat({
  fields,
  onChange,
  at,
}: {
  fields: PreChatField[];
  onChange: (fields: PreChatField[]) => void;
  at: (path: string) => string | null;
}) {
  const change = (index: number, part: Partial<PreChatField>) =>
    onChange(fields.map((one, place) => (place === index ? { ...one, ...part } : one)));
  const usual: PreChatField[] = [
    { key: "name", label: t("prechat.name"), kind: "text", required: true },
    { key: "email", label: t("login.email"), kind: "email", required: false },
    { key: `field-${fields.length + 1}`, label: "", kind: "text", required: false },
  ];
  const next = usual.find((one) => fields.every((field) => field.key !== one.key));
  return (
    <Card
      title={t("prechat.title")}
      count={fields.length}
      tools={
        <Button
          small
          icon={<PlusIcon small />}
          disabled={fields.length >= 10 || !next}
          onClick={() => next && onChange([...fields, next])}
        >
          {t("prechat.add")}
        </Button>
      }
    >
      {at("preChat") && <p class="ad-form-error">{at("preChat")}</p>}
      {fields.length === 0 ? (
        <p class="sb-soft">{t("prechat.empty")}</p>
      ) : (
        <div class="ad-form">
          {fields.map((field, index) => (
            <div key={index} class="ad-prechat">
              <Field
                label={t("prechat.label")}
                value={field.label}
                error={at(`preChat[${index}].label`)}
                onInput={(e) => change(index, { label: e.currentTarget.value })}
              />
              <Field
                label={t("prechat.key")}
                value={field.key}
                error={at(`preChat[${index}].key`)}
                onInput={(e) => change(index, { key: e.currentTarget.value })}
              />
              <Select
                label={t("prechat.kind")}
                value={field.kind}
                error={at(`preChat[${index}].kind`)}
                onChange={(e) => change(index, { kind: KINDS.find((one) => one === e.currentTarget.value) ?? "text" })}
              >
                {KINDS.map((one) => (
                  <option key={one} value={one}>
                    {t(`prechat.kind_${one}`)}
                  </option>
                ))}
              </Select>
              <Check
                label={t("prechat.required")}
                checked={field.required}
                onChange={(e) => change(index, { required: (e.currentTarget as HTMLInputElement).checked })}
              />
              <IconButton
                label={t("prechat.remove", { name: field.label || field.key })}
                onClick={() => onChange(fields.filter((_, place) => place !== index))}
              >
                <XIcon small />
              </IconButton>
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}

const LAUNCHER = { chat: MessageCircleIcon, help: CircleHelpIcon, spark: SparklesIcon };

/** A small likeness of the widget, in the theme as it is typed. */
function WidgetPreview(props: {
  theme: Theme;
  name: string;
  greeting: string;
  preChat: readonly PreChatField[];
  poweredBy: string;
}) {
  const { theme } = props;
  const [form, setForm] = useState(false);
  const isDark = theme.scheme === "auto" ? dark.value : theme.scheme === "dark";
  const Launcher = LAUNCHER[theme.icon];
  const style = { ...(theme.accent ? accentTokens(theme.accent, isDark) : {}), "--ad-radius": `${theme.radius}px` };
  return (
    <Card
      title={t("preview.title")}
      tools={
        props.preChat.length > 0 && (
          <Button small kind="plain" aria-pressed={form} onClick={() => setForm(!form)}>
            {t("preview.form")}
          </Button>
        )
      }
    >
      <div
        class={classes(
          "ad-stage",
          isDark ? "ad-stage-dark" : "ad-stage-light",
          theme.position === "left" && "ad-stage-left",
        )}
      >
        <div class="ad-mini" style={style}>
          <div class="ad-mini-head">
            <span class="ad-mini-face">
              <BotIcon small />
            </span>
            <strong>{props.name}</strong>
            <ChevronDownIcon small />
          </div>
          <div class="ad-mini-body">
            {form && props.preChat.length > 0 ? (
              props.preChat.map((field, index) => (
                <span key={index} class="ad-mini-field">
                  {field.label || field.key}
                  {field.required && " *"}
                  <span class={field.kind === "long_text" ? "ad-mini-input ad-mini-long" : "ad-mini-input"} />
                </span>
              ))
            ) : (
              <>
                <p class="ad-mini-them">{props.greeting || t("preview.greeting")}</p>
                <p class="ad-mini-me">{t("preview.question")}</p>
                <p class="ad-mini-them">{t("preview.answer")}</p>
                <p class="ad-words">
                  <Badge tone="waiting">{t("preview.wait")}</Badge>
                </p>
              </>
            )}
          </div>
          <div class="ad-mini-foot">
            <span>{t("preview.write")}</span>
            <span class="ad-mini-send">
              <SendIcon small />
            </span>
          </div>
          {props.poweredBy && <p class="ad-mini-powered">{props.poweredBy}</p>}
        </div>
        <span class="ad-mini-launcher" style={style}>
          <Launcher />
        </span>
      </div>
    </Card>
  );
}
