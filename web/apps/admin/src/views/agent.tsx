/** One agent: how it stands, what it may carry, its login; and its conversations, to be pulled back. */
import type { Agent, ChosenAvailability, SwitchboardError } from "@switchboard/client";
import { Button, Dialog, Field, Select } from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import type { Overview } from "../live/calls.ts";
import { useBoard, useLoaded, useServerNow } from "../live/context.ts";
import { open } from "../live/place.ts";
import { toast } from "../live/toasts.ts";
import { agentProblems, fieldOf, PASSWORD_LENGTH, type Problems, serverWords, wordsOf } from "../model/forms.ts";
import { n, t, word } from "../texts.ts";
import { AgentState, At, errorWords, Load, Reading } from "./parts.tsx";

const STATUSES: readonly ChosenAvailability[] = ["available", "away", "draining", "offline"];
const FIELDS = ["name", "email", "password", "capacity", "skills", "teams", "status"];

/** What is wrong at a field: found here, or said by the server. */
function useErrors() {
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const field = refused ? fieldOf(refused.details.field, FIELDS) : null;
  return {
    setProblems,
    setRefused,
    at: (name: string): string | null => {
      const found = problems[name];
      if (found) return word("problem", found);
      return refused && field === name ? serverWords(refused.message) : null;
    },
    above: refused && !field ? errorWords(refused) : null,
  };
}

export function AgentDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const board = useBoard();
  const agent = board.queue.value.agents?.find((one) => one.agentId === id);
  return (
    <Dialog open wide title={agent?.name ?? id} closeLabel={t("action.close_dialog")} onClose={onClose}>
      {agent ? <AgentForms agent={agent} /> : <p>{t("agents.gone")}</p>}
    </Dialog>
  );
}

function AgentForms({ agent }: { agent: Agent }) {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  return (
    <>
      <dl class="ad-facts">
        <div>
          <dt>{t("agents.status")}</dt>
          <dd>
            <AgentState agent={agent} />
          </dd>
        </div>
        <div>
          <dt>{t("agents.status_since")}</dt>
          <dd>
            <At at={agent.since} now={now} />
          </dd>
        </div>
        <div>
          <dt>{t("agents.load")}</dt>
          <dd>
            <Load agent={agent} />
          </dd>
        </div>
        <div>
          <dt>{t("agents.last_assigned")}</dt>
          <dd>
            <At at={agent.lastAssignedAt} now={now} />
          </dd>
        </div>
        <div>
          <dt>{t("agents.seen")}</dt>
          <dd>{agent.presence === "connected" ? t("agents.here") : <At at={agent.lastSeenAt} now={now} />}</dd>
        </div>
      </dl>
      <StatusForm agent={agent} />
      <ProfileForm agent={agent} />
      <Carried agent={agent} />
      <LoginForm agent={agent} />
    </>
  );
}

function StatusForm({ agent }: { agent: Agent }) {
  const board = useBoard();
  const errors = useErrors();
  const [status, setStatus] = useState<ChosenAvailability>(
    agent.status === "not_responding" ? "available" : agent.status,
  );
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    errors.setRefused(null);
    try {
      await board.calls.setAgentStatus(agent.agentId, status, reason.trim() || undefined);
      toast(t("agents.status_set", { name: agent.name, status: word("agent", status) }), "connected");
      setReason("");
    } catch (cause) {
      errors.setRefused(asError(cause));
    }
    setBusy(false);
  };
  return (
    <form class="ad-form ad-form-row" onSubmit={save}>
      <Select
        label={t("agents.set_status")}
        value={status}
        error={errors.at("status")}
        onChange={(event) => setStatus(event.currentTarget.value as ChosenAvailability)}
      >
        {STATUSES.map((one) => (
          <option key={one} value={one}>
            {word("agent", one)}
          </option>
        ))}
      </Select>
      <Field
        label={t("agents.reason")}
        value={reason}
        maxLength={200}
        error={errors.at("reason")}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      <Button type="submit" busy={busy}>
        {t("action.set")}
      </Button>
      {errors.above && (
        <p class="ad-form-error" role="alert">
          {errors.above}
        </p>
      )}
    </form>
  );
}

function ProfileForm({ agent }: { agent: Agent }) {
  const board = useBoard();
  const errors = useErrors();
  const [name, setName] = useState(agent.name);
  const [capacity, setCapacity] = useState(String(agent.maxConcurrentChats));
  const [skills, setSkills] = useState(agent.skills.join(", "));
  const [teams, setTeams] = useState(agent.teams.join(", "));
  const [busy, setBusy] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    const problems = agentProblems({ name, capacity, email: "", password: "" }, false);
    errors.setProblems(problems);
    errors.setRefused(null);
    if (Object.keys(problems).length) return;
    setBusy(true);
    try {
      await board.calls.updateAgent(agent.agentId, {
        name: name.trim(),
        capacity: Number(capacity),
        skills: wordsOf(skills),
        teams: wordsOf(teams),
      });
      toast(t("agents.saved", { name: name.trim() }), "connected");
    } catch (cause) {
      errors.setRefused(asError(cause));
    }
    setBusy(false);
  };
  return (
    <form class="ad-form" onSubmit={save} noValidate>
      <h3>{t("agents.profile")}</h3>
      <div class="ad-form-pair">
        <Field
          label={t("agents.name")}
          value={name}
          error={errors.at("name")}
          onInput={(e) => setName(e.currentTarget.value)}
        />
        <Field
          label={t("agents.capacity")}
          hint={t("agents.capacity_hint")}
          inputMode="numeric"
          value={capacity}
          error={errors.at("capacity")}
          onInput={(e) => setCapacity(e.currentTarget.value)}
        />
        <Field
          label={t("agents.skills")}
          hint={t("agents.skills_hint")}
          value={skills}
          error={errors.at("skills")}
          onInput={(e) => setSkills(e.currentTarget.value)}
        />
        <Field
          label={t("agents.teams")}
          hint={t("agents.teams_hint")}
          value={teams}
          error={errors.at("teams")}
          onInput={(e) => setTeams(e.currentTarget.value)}
        />
      </div>
      {errors.above && (
        <p class="ad-form-error" role="alert">
          {errors.above}
        </p>
      )}
      <div class="ad-form-end">
        <Button kind="primary" type="submit" busy={busy}>
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}

/** All conversations that an agent has: there is no list by agent, so the assigned ones are gone through. */
async function carriedBy(
  list: ReturnType<typeof useBoard>["calls"]["conversations"],
  agentId: string,
): Promise<Overview[]> {
  const found: Overview[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 20; page += 1) {
    const { items, nextCursor } = await list({ status: "AGENT_ASSIGNED", limit: 100, ...(cursor ? { cursor } : {}) });
    found.push(...items.filter((item) => item.assignedAgentId === agentId));
    if (!nextCursor) break;
    cursor = nextCursor;
  }
  return found;
}

function Carried({ agent }: { agent: Agent }) {
  const board = useBoard();
  const [busy, setBusy] = useState(false);
  const list = useLoaded(
    () => carriedBy(board.calls.conversations, agent.agentId),
    [agent.agentId, agent.currentChats],
  );
  const pull = async (items: readonly Overview[]) => {
    setBusy(true);
    const done = await Promise.allSettled(items.map((item) => board.calls.release(item.id, "queue")));
    const failed = done.filter((one) => one.status === "rejected").length;
    if (failed) toast(t("agents.pulled_partly", { count: failed, all: n(items.length) }), "overdue");
    else toast(t("agents.pulled", { count: items.length }), "connected");
    setBusy(false);
    list.reload();
  };
  return (
    <section class="ad-form">
      <h3>{t("agents.conversations")}</h3>
      <Reading
        of={list}
        rows={2}
        empty={(items) => items.length === 0 && <p class="sb-soft">{t("agents.carries_none")}</p>}
      >
        {(items) => (
          <>
            <ul class="ad-lines">
              {items.map((item) => (
                <li key={item.id}>
                  <Button kind="plain" small onClick={() => open(item.id)}>
                    {item.customerName}
                  </Button>
                  <span class="ad-clip sb-soft">{item.lastMessage?.text ?? item.escalationReason}</span>
                  <Button
                    small
                    busy={busy}
                    onClick={() => pull([item])}
                    aria-label={t("agents.pull_name", { name: item.customerName })}
                  >
                    {t("agents.pull")}
                  </Button>
                </li>
              ))}
            </ul>
            {items.length > 1 && (
              <div class="ad-form-end">
                <Button busy={busy} onClick={() => pull(items)}>
                  {t("agents.pull_all", { count: items.length })}
                </Button>
              </div>
            )}
          </>
        )}
      </Reading>
    </section>
  );
}

function LoginForm({ agent }: { agent: Agent }) {
  const board = useBoard();
  const errors = useErrors();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const list = useLoaded(() => board.calls.agents(), [agent.agentId]);
  const known = list.value?.items.find((one) => one.agentId === agent.agentId) as
    | (Agent & { active?: boolean })
    | undefined;
  const active = known?.active !== false;
  const act = async (work: () => Promise<void>, done: string) => {
    setBusy(true);
    errors.setRefused(null);
    try {
      await work();
      toast(done, "connected");
      setPassword("");
      list.reload();
    } catch (cause) {
      errors.setRefused(asError(cause));
    }
    setBusy(false);
  };
  const save = (event: Event) => {
    event.preventDefault();
    const short = password.length < PASSWORD_LENGTH;
    errors.setProblems(short ? { password: "password" } : {});
    if (short) return;
    void act(() => board.calls.setPassword(agent.agentId, password), t("agents.password_set", { name: agent.name }));
  };
  return (
    <form class="ad-form" onSubmit={save} noValidate>
      <h3>{t("agents.login")}</h3>
      <div class="ad-form-row">
        <Field
          label={t("agents.new_password")}
          hint={t("agents.password_hint")}
          type="password"
          autocomplete="new-password"
          value={password}
          error={errors.at("password")}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
        <Button type="submit" busy={busy}>
          {t("action.set")}
        </Button>
      </div>
      {errors.above && (
        <p class="ad-form-error" role="alert">
          {errors.above}
        </p>
      )}
      <div class="ad-form-row ad-spread">
        <p class="sb-soft">{t(active ? "agents.active_about" : "agents.inactive_about")}</p>
        <Button
          kind={active ? "danger" : "secondary"}
          busy={busy}
          onClick={() =>
            act(
              () => board.calls.setActive(agent.agentId, !active),
              t(active ? "agents.deactivated" : "agents.activated", { name: agent.name }),
            )
          }
        >
          {t(active ? "agents.deactivate" : "agents.activate")}
        </Button>
      </div>
    </form>
  );
}

export function NewAgentDialog({ onClose }: { onClose: () => void }) {
  const board = useBoard();
  const errors = useErrors();
  const [form, setForm] = useState({ name: "", email: "", password: "", capacity: "5", skills: "", teams: "" });
  const [busy, setBusy] = useState(false);
  const set = (key: keyof typeof form) => (event: { currentTarget: HTMLInputElement }) =>
    setForm((before) => ({ ...before, [key]: event.currentTarget.value }));
  const save = async (event: Event) => {
    event.preventDefault();
    const problems = agentProblems(form, true);
    errors.setProblems(problems);
    errors.setRefused(null);
    if (Object.keys(problems).length) return;
    setBusy(true);
    try {
      await board.calls.createAgent({
        name: form.name.trim(),
        email: form.email.trim(),
        password: form.password,
        capacity: Number(form.capacity),
        skills: wordsOf(form.skills),
        teams: wordsOf(form.teams),
      });
      toast(t("agents.added", { name: form.name.trim() }), "connected");
      onClose();
    } catch (cause) {
      errors.setRefused(asError(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog open wide title={t("agents.add")} closeLabel={t("action.close_dialog")} onClose={onClose}>
      <form class="ad-form" onSubmit={save} noValidate>
        {errors.above && (
          <p class="ad-form-error" role="alert">
            {errors.above}
          </p>
        )}
        <div class="ad-form-pair">
          <Field label={t("agents.name")} required value={form.name} error={errors.at("name")} onInput={set("name")} />
          <Field
            label={t("login.email")}
            type="email"
            required
            autocomplete="off"
            value={form.email}
            error={errors.at("email")}
            onInput={set("email")}
          />
          <Field
            label={t("login.password")}
            type="password"
            required
            autocomplete="new-password"
            hint={t("agents.password_new_hint", { count: PASSWORD_LENGTH })}
            value={form.password}
            error={errors.at("password")}
            onInput={set("password")}
          />
          <Field
            label={t("agents.capacity")}
            hint={t("agents.capacity_hint")}
            inputMode="numeric"
            value={form.capacity}
            error={errors.at("capacity")}
            onInput={set("capacity")}
          />
          <Field
            label={t("agents.skills")}
            hint={t("agents.skills_hint")}
            value={form.skills}
            error={errors.at("skills")}
            onInput={set("skills")}
          />
          <Field
            label={t("agents.teams")}
            hint={t("agents.teams_hint")}
            value={form.teams}
            error={errors.at("teams")}
            onInput={set("teams")}
          />
        </div>
        <div class="ad-form-end">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {t("agents.add")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
