import {
  Avatar,
  ago,
  Badge,
  BellIcon,
  Button,
  Check,
  Dialog,
  EmptyState,
  KeyHint,
  SearchIcon,
  Select,
  Skeleton,
  TextArea,
  UsersRoundIcon,
  Volume2Icon,
} from "@switchboard/design";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Found, FoundMessage, Snippet } from "../live/calls.ts";
import { asError } from "../live/desk.ts";
import { askPermission, permission, show } from "../live/push.ts";
import type { Heard, SoundName } from "../live/sound.ts";
import { BINDINGS, type Binding } from "../model/keys.ts";
import { targetsOf } from "../model/transfer.ts";
import { failure, seconds, t, useFrame, wordOr, words } from "./frame.tsx";

export function Dialogs() {
  const { ui } = useFrame();
  const dialog = ui.dialog.value;
  if (dialog === "transfer") return <Transfer />;
  if (dialog === "help") return <Help />;
  if (dialog === "settings") return <SettingsDialog />;
  if (dialog === "search") return <Search />;
  return null;
}

function Transfer() {
  const { desk, ui } = useFrame();
  const id = ui.selected.value;
  const state = desk.state.value;
  const row = id ? state.rows.get(id) : undefined;
  const targets = useMemo(() => targetsOf(state.agents, state.me.id), [state.agents, state.me.id]);
  const [to, setTo] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const close = () => {
    ui.dialog.value = null;
  };
  // A colleague who can no longer be reached is no longer chosen.
  const there =
    to === null ||
    targets.agents.some((agent) => to === `agent:${agent.agentId}`) ||
    targets.teams.some((team) => to === `team:${team.name}`);
  const chosen = there ? to : null;
  if (!id || !row) return null;

  const go = async () => {
    if (busy) return;
    if (!chosen) return setWrong(to && !there ? t("transfer.left") : t("transfer.choose"));
    setBusy(true);
    const value = chosen.slice(chosen.indexOf(":") + 1);
    const name = chosen.startsWith("team:")
      ? value
      : (targets.agents.find(({ agentId }) => agentId === value)?.name ?? value);
    try {
      await desk.transfer(id, chosen.startsWith("team:") ? { team: value } : { agentId: value }, note);
      close();
      ui.toast(t("transfer.done", { name }));
    } catch (error) {
      setWrong(failure(asError(error).code));
      setBusy(false);
    }
  };
  const empty = targets.agents.length === 0;
  return (
    <Dialog
      open
      title={t("transfer.title", { name: row.customerName || t("customer.unnamed") })}
      closeLabel={t("dialog.close")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("dialog.cancel")}</Button>
          {!empty && (
            <Button kind="primary" busy={busy} onClick={() => void go()}>
              {t("transfer.go")}
            </Button>
          )}
        </>
      }
    >
      {state.agents === null ? (
        <Skeleton label={t("transfer.loading")} rows={3} />
      ) : empty ? (
        <EmptyState title={t("transfer.nobody")} icon={<UsersRoundIcon />}>
          {t("transfer.nobody_hint")}
        </EmptyState>
      ) : (
        <form
          class="transfer"
          onSubmit={(event) => {
            event.preventDefault();
            void go();
          }}
        >
          <fieldset>
            <legend>{t("transfer.whom")}</legend>
            {targets.teams.map((team, index) => (
              <Target
                first={index === 0}
                key={`team:${team.name}`}
                id={`team:${team.name}`}
                chosen={chosen}
                choose={setTo}
                name={team.name}
                about={t("transfer.team", { count: team.reachable })}
                team
              />
            ))}
            {targets.agents.map((agent, index) => (
              <Target
                first={index === 0 && targets.teams.length === 0}
                key={agent.agentId}
                id={`agent:${agent.agentId}`}
                chosen={chosen}
                choose={setTo}
                name={agent.name}
                about={[t("transfer.free", { count: agent.free }), ...agent.skills].join(" · ")}
              />
            ))}
          </fieldset>
          <TextArea
            label={t("transfer.note")}
            hint={t("transfer.note_hint")}
            value={note}
            maxLength={1000}
            lines={5}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
          <p class="sb-error" role="alert">
            {wrong}
          </p>
        </form>
      )}
    </Dialog>
  );
}

function Target(props: {
  id: string;
  chosen: string | null;
  choose: (id: string) => void;
  name: string;
  about: string;
  team?: boolean;
  /** Gets the focus when the dialog opens. */
  first: boolean;
}) {
  const radio = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.first) radio.current?.focus();
  }, []);
  return (
    <label class="target">
      <input
        ref={radio}
        type="radio"
        name="to"
        value={props.id}
        checked={props.chosen === props.id}
        onChange={() => props.choose(props.id)}
      />
      <Avatar name={props.name} size={32}>
        {props.team ? <UsersRoundIcon small /> : undefined}
      </Avatar>
      <span>
        <b>{props.name}</b>
        <small>{props.about}</small>
      </span>
      {props.team && <Badge>{t("transfer.is_team")}</Badge>}
    </label>
  );
}

const KEY_NAMES: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑" };
const keyName = (key: string) => KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

function Help() {
  const { ui } = useFrame();
  const groups: Binding["group"][] = ["list", "offer", "conversation", "desk"];
  return (
    <Dialog open wide title={t("help.title")} closeLabel={t("dialog.close")} onClose={() => (ui.dialog.value = null)}>
      <div class="help">
        {groups.map((group) => (
          <section key={group}>
            <h3>{t(`help.group.${group}`)}</h3>
            <dl>
              {BINDINGS.filter((binding) => binding.group === group).map((binding) => (
                <div key={binding.action}>
                  <dt>{t(`key.${binding.action}`)}</dt>
                  <dd>
                    {binding.keys.map((key) => (
                      <KeyHint key={key} keys={keyName(key)} />
                    ))}
                  </dd>
                </div>
              ))}
              {group === "list" && (
                <div>
                  <dt>{t("key.open")}</dt>
                  <dd>
                    <KeyHint keys="Enter" />
                  </dd>
                </div>
              )}
              {group === "offer" && (
                <div>
                  <dt>{t("key.accept_default")}</dt>
                  <dd>
                    <KeyHint keys="Enter" />
                  </dd>
                </div>
              )}
              {group === "conversation" && (
                <>
                  <div>
                    <dt>{t("key.send")}</dt>
                    <dd>
                      <KeyHint keys="Enter" />
                    </dd>
                  </div>
                  <div>
                    <dt>{t("key.break")}</dt>
                    <dd>
                      <KeyHint keys="Shift Enter" />
                    </dd>
                  </div>
                  <div>
                    <dt>{t("key.leave")}</dt>
                    <dd>
                      <KeyHint keys="Esc" />
                    </dd>
                  </div>
                </>
              )}
              {group === "desk" && (
                <div>
                  <dt>{t("key.search_anywhere")}</dt>
                  <dd>
                    <KeyHint keys="Ctrl K" />
                  </dd>
                </div>
              )}
            </dl>
          </section>
        ))}
      </div>
      {!ui.settings.value.singleKeys && <p class="help-off">{t("help.off")}</p>}
    </Dialog>
  );
}

function SettingsDialog() {
  const { ui, sound } = useFrame();
  const settings = ui.settings.value;
  const [heard, setHeard] = useState<Heard | null>(null);
  const [allowed, setAllowed] = useState(permission());
  const [pushed, setPushed] = useState<boolean | null>(null);
  const test = (name: SoundName) => void sound.play(name, settings.volume).then(setHeard);
  const allow = async () => {
    const answer = await askPermission();
    setAllowed(answer);
    ui.change({ browserNotices: answer === "granted" });
  };
  return (
    <Dialog open title={t("settings.title")} closeLabel={t("dialog.close")} onClose={() => (ui.dialog.value = null)}>
      <div class="settings">
        <section>
          <h3>{t("settings.sound")}</h3>
          <label class="volume">
            <span>{t("settings.volume")}</span>
            <input
              type="range"
              min={0}
              max={100}
              step={5}
              value={Math.round(settings.volume * 100)}
              aria-valuetext={`${Math.round(settings.volume * 100)} %`}
              onInput={(event) => ui.change({ volume: Number(event.currentTarget.value) / 100 })}
            />
            <output class="sb-num">{Math.round(settings.volume * 100)} %</output>
          </label>
          <div class="setting-row">
            <Check
              label={t("settings.sound_offers")}
              checked={settings.soundForOffers}
              onChange={(event) => ui.change({ soundForOffers: event.currentTarget.checked })}
            />
            <Button small icon={<Volume2Icon small />} onClick={() => test("offer")}>
              {t("settings.test_offer")}
            </Button>
          </div>
          <div class="setting-row">
            <Check
              label={t("settings.sound_messages")}
              checked={settings.soundForMessages}
              onChange={(event) => ui.change({ soundForMessages: event.currentTarget.checked })}
            />
            <Button small icon={<Volume2Icon small />} onClick={() => test("message")}>
              {t("settings.test_message")}
            </Button>
          </div>
          <p class="sb-hint" role="status">
            {heard ? t(`settings.heard.${heard}`) : t("settings.one_window")}
          </p>
        </section>
        <section>
          <h3>{t("settings.browser")}</h3>
          {allowed === "granted" ? (
            <div class="setting-row">
              <Check
                label={t("settings.browser_on")}
                checked={settings.browserNotices}
                onChange={(event) => ui.change({ browserNotices: event.currentTarget.checked })}
              />
              <Button
                small
                icon={<BellIcon small />}
                onClick={() => setPushed(show(t("settings.test_title"), t("settings.test_body"), "test", () => {}))}
              >
                {t("settings.test_browser")}
              </Button>
            </div>
          ) : allowed === "default" ? (
            <>
              <p class="sb-hint">{t("settings.browser_why")}</p>
              <Button small onClick={() => void allow()}>
                {t("settings.browser_ask")}
              </Button>
            </>
          ) : (
            <p class="sb-hint">{t(`settings.browser_${allowed}`)}</p>
          )}
          {pushed === false && <p class="sb-error">{t("settings.browser_failed")}</p>}
        </section>
        <section>
          <h3>{t("settings.page")}</h3>
          <Select
            label={t("settings.theme")}
            value={settings.theme ?? "system"}
            onChange={(event) => {
              const value = event.currentTarget.value;
              ui.change({ theme: value === "light" || value === "dark" ? value : null });
            }}
          >
            <option value="system">{t("settings.theme_system")}</option>
            <option value="light">{t("settings.theme_light")}</option>
            <option value="dark">{t("settings.theme_dark")}</option>
          </Select>
          <Check
            label={t("settings.keys")}
            hint={t("settings.keys_hint")}
            checked={settings.singleKeys}
            onChange={(event) => ui.change({ singleKeys: event.currentTarget.checked })}
          />
        </section>
      </div>
    </Dialog>
  );
}

type Answer = { phase: "idle" | "loading" } | { phase: "failed"; code: string } | { phase: "ready"; found: Found };

function Search() {
  const { desk, ui } = useFrame();
  const [words_, setWords] = useState("");
  const [answer, setAnswer] = useState<Answer>({ phase: "idle" });
  const field = useRef<HTMLInputElement>(null);
  const query = words_.trim();
  const close = () => {
    ui.dialog.value = null;
  };
  // With the drawing, not after it: what is typed right behind the key that opens it goes into the field.
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (!/[\p{L}\p{N}]/u.test(query)) return setAnswer({ phase: "idle" });
    setAnswer((before) => (before.phase === "ready" ? before : { phase: "loading" }));
    const ended = new AbortController();
    const timer = setTimeout(() => {
      desk.calls
        .search(query, ended.signal)
        .then((found) => !ended.signal.aborted && setAnswer({ phase: "ready", found }))
        .catch((error: unknown) => !ended.signal.aborted && setAnswer({ phase: "failed", code: asError(error).code }));
    }, 200);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [query, desk]);

  // Names that are known here are found while the server is asked, and when it cannot be.
  const local = useMemo(() => {
    const low = query.toLocaleLowerCase();
    if (!low) return [];
    return [...desk.state.value.rows.values()]
      .filter((row) => row.customerName.toLocaleLowerCase().includes(low))
      .sort((a, b) => b.lastAt - a.lastAt)
      .slice(0, 5);
  }, [query, desk.state.value.rows]);
  const named = new Map(
    local.map((row) => [row.id, { id: row.id, name: row.customerName, status: row.status as string, at: row.lastAt }]),
  );
  const found = answer.phase === "ready" ? answer.found : null;
  for (const one of found?.conversations ?? [])
    named.set(one.id, { id: one.id, name: one.customerName, status: one.status, at: Date.parse(one.lastMessageAt) });
  const go = (id: string) => {
    close();
    desk.know(id);
    ui.select(id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const box = event.currentTarget as HTMLElement;
    const all = [...box.querySelectorAll<HTMLElement>("input, .hit")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]?.focus();
    event.preventDefault();
  };
  return (
    <Dialog open wide title={t("search.title")} closeLabel={t("dialog.close")} onClose={close}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows belong to the field and the results inside */}
      <div class="search" onKeyDown={onKeyDown}>
        <label class="search-field">
          <SearchIcon />
          <span class="sb-hush">{t("search.label")}</span>
          <input
            ref={field}
            type="text"
            inputMode="search"
            autoComplete="off"
            class="sb-input"
            placeholder={t("search.hint")}
            value={words_}
            onInput={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              const first = [...named.keys()][0] ?? found?.items[0]?.conversationId;
              if (event.key === "Enter" && first) go(first);
            }}
          />
        </label>
        <p class="sb-hush" role="status">
          {found ? t("search.count", { count: named.size + found.items.length }) : ""}
        </p>
        {named.size > 0 && (
          <section>
            <h3>{t("search.customers")}</h3>
            <ul>
              {[...named.values()].map((one) => (
                <li key={one.id}>
                  <button type="button" class="hit" onClick={() => go(one.id)}>
                    <Avatar name={one.name || "?"} size={24} />
                    <b>{one.name || t("customer.unnamed")}</b>
                    <span class="sb-soft">
                      {wordOr("conversation_status", one.status)} · {ago(one.at, seconds.peek(), words.language)}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {answer.phase === "loading" && <Skeleton label={t("search.loading")} rows={3} />}
        {answer.phase === "failed" && <p class="sb-error">{failure(answer.code)}</p>}
        {found && found.items.length > 0 && (
          <section>
            <h3>{t("search.messages")}</h3>
            <ul>
              {found.items.map((item) => (
                <Hit key={item.messageId} item={item} go={go} />
              ))}
            </ul>
          </section>
        )}
        {found && found.items.length === 0 && named.size === 0 && (
          <EmptyState title={t("search.nothing")} icon={<SearchIcon />}>
            {t("search.nothing_hint")}
          </EmptyState>
        )}
        {answer.phase === "idle" && named.size === 0 && <p class="sb-soft search-idle">{t("search.idle")}</p>}
      </div>
    </Dialog>
  );
}

function Hit({ item, go }: { item: FoundMessage; go: (id: string) => void }) {
  return (
    <li>
      <button type="button" class="hit hit-message" onClick={() => go(item.conversationId)}>
        <span class="hit-top">
          <b>{item.customerName || t("customer.unnamed")}</b>
          <span class="sb-soft">{ago(Date.parse(item.createdAt), seconds.peek(), words.language)}</span>
        </span>
        <span class="hit-text">
          {item.senderName}: <Marked snippet={item.snippet} />
        </span>
      </button>
    </li>
  );
}

/** The text with what was searched for set apart. */
function Marked({ snippet }: { snippet: Snippet }) {
  const pieces = [];
  let from = 0;
  for (const { start, length } of snippet.matches) {
    if (start > from) pieces.push(snippet.text.slice(from, start));
    pieces.push(<mark key={start}>{snippet.text.slice(start, start + length)}</mark>);
    from = start + length;
  }
  pieces.push(snippet.text.slice(from));
  return (
    <>
      {snippet.cutBefore && "…"}
      {pieces}
      {snippet.cutAfter && "…"}
    </>
  );
}
