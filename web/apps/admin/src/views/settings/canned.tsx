import type { SwitchboardError } from "@switchboard/client";
import {
  Badge,
  Button,
  Check,
  type Column,
  Dialog,
  Field,
  PlusIcon,
  StickyNoteIcon,
  Table,
  TextArea,
} from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../../live/board.ts";
import type { Canned } from "../../live/calls.ts";
import { useBoard, useLoaded, useWide } from "../../live/context.ts";
import { inAWhile, toast } from "../../live/toasts.ts";
import { cannedProblems, fieldOf, fillIn, type Problems, serverWords } from "../../model/forms.ts";
import { t, word } from "../../texts.ts";
import { Card, errorWords, Nothing, PageHead, Reading } from "../parts.tsx";

export function CannedView() {
  const board = useBoard();
  const list = useLoaded(() => board.calls.canned(), []);
  const [search, setSearch] = useState("");
  const [editing, setEditing] = useState<Canned | "new" | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const middling = useWide(640);
  const wanted = search.trim().replace(/^\//, "").toLowerCase();
  const matches = (one: Canned) =>
    !hidden.has(one.id) && (one.shortcut.includes(wanted) || one.title.toLowerCase().includes(wanted));
  const remove = (one: Canned) => {
    setEditing(null);
    setHidden((before) => new Set([...before, one.id]));
    const back = () =>
      setHidden((before) => {
        const left = new Set(before);
        left.delete(one.id);
        return left;
      });
    inAWhile(
      `canned ${one.id}`,
      t("canned.deleting", { name: one.title }),
      t("action.undo"),
      () => {
        board.calls.deleteCanned(one.id).then(list.reload, (cause) => {
          back();
          toast(errorWords(asError(cause)), "overdue");
        });
      },
      back,
    );
  };
  const columns: (Column<Canned> | false)[] = [
    { id: "shortcut", head: t("canned.shortcut"), cell: (one) => <code>/{one.shortcut}</code> },
    { id: "title", head: t("canned.title"), cell: (one) => <strong>{one.title}</strong> },
    middling && {
      id: "content",
      head: t("canned.content"),
      cell: (one) => <span class="ad-clip sb-soft">{one.content}</span>,
    },
    {
      id: "shared",
      head: t("canned.whose"),
      cell: (one) => (
        <Badge tone={one.shared ? "accent" : "plain"}>{t(one.shared ? "canned.shared" : "canned.own")}</Badge>
      ),
    },
  ];
  return (
    <>
      <PageHead
        title={t("nav.canned")}
        about={t("canned.about")}
        tools={
          <Button kind="primary" icon={<PlusIcon small />} onClick={() => setEditing("new")}>
            {t("canned.add")}
          </Button>
        }
      />
      <Card title={t("nav.canned")} count={list.value?.items.length} flush>
        <search class="ad-filters">
          <Field
            label={t("canned.search")}
            type="search"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </search>
        <Reading
          of={list}
          rows={6}
          empty={({ items }) =>
            items.length === 0 && (
              <Nothing title={t("canned.empty")} icon={<StickyNoteIcon />}>
                {t("canned.empty_about")}
              </Nothing>
            )
          }
        >
          {({ items }) => (
            <Table
              caption={t("nav.canned")}
              rows={items.filter(matches)}
              columns={columns.filter((column) => column !== false)}
              keyOf={(one) => one.id}
              onOpen={setEditing}
              empty={<Nothing title={t("conversations.no_match")}>{t("canned.no_match_about")}</Nothing>}
            />
          )}
        </Reading>
      </Card>
      {editing && (
        <CannedDialog
          one={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onDelete={remove}
          onSaved={() => {
            setEditing(null);
            list.reload();
          }}
        />
      )}
    </>
  );
}

function CannedDialog(props: {
  one: Canned | null;
  onClose: () => void;
  onSaved: () => void;
  onDelete: (one: Canned) => void;
}) {
  const board = useBoard();
  const { one } = props;
  const [form, setForm] = useState({
    shortcut: one?.shortcut ?? "",
    title: one?.title ?? "",
    content: one?.content ?? "",
    shared: one?.shared ?? true,
  });
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const [busy, setBusy] = useState(false);
  const field = refused && fieldOf(refused.details.field, ["shortcut", "title", "content", "shared"]);
  const at = (name: string) => {
    const found = problems[name];
    if (found) return word("problem", found);
    return refused && field === name ? serverWords(refused.message) : null;
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const found = cannedProblems(form);
    setProblems(found);
    setRefused(null);
    if (Object.keys(found).length) return;
    setBusy(true);
    try {
      await board.calls.saveCanned(one?.id ?? null, { ...form, shortcut: form.shortcut.replace(/^\//, "") });
      toast(t("canned.saved", { name: form.title }), "connected");
      props.onSaved();
    } catch (cause) {
      setRefused(asError(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      wide
      title={t(one ? "canned.edit" : "canned.add")}
      closeLabel={t("action.close_dialog")}
      onClose={props.onClose}
    >
      <form class="ad-form" onSubmit={save} noValidate>
        {refused && !field && (
          <p class="ad-form-error" role="alert">
            {errorWords(refused)}
          </p>
        )}
        <div class="ad-form-pair">
          <Field
            label={t("canned.shortcut")}
            hint={t("canned.shortcut_hint")}
            required
            value={form.shortcut}
            error={at("shortcut")}
            onInput={(e) => setForm({ ...form, shortcut: e.currentTarget.value })}
          />
          <Field
            label={t("canned.title")}
            required
            value={form.title}
            error={at("title")}
            onInput={(e) => setForm({ ...form, title: e.currentTarget.value })}
          />
        </div>
        <TextArea
          label={t("canned.content")}
          hint={t("canned.content_hint")}
          required
          value={form.content}
          error={at("content")}
          onInput={(e) => setForm({ ...form, content: e.currentTarget.value })}
        />
        {!one && (
          <Check
            label={t("canned.shared_label")}
            checked={form.shared}
            onChange={(e) => setForm({ ...form, shared: (e.currentTarget as HTMLInputElement).checked })}
          />
        )}
        {form.content.trim() && (
          <div class="ad-preview">
            <p class="sb-soft">{t("canned.preview")}</p>
            <p class="ad-bubble">{fillIn(form.content, t("canned.sample_customer"), t("canned.sample_agent"))}</p>
          </div>
        )}
        <div class="ad-form-end">
          {one && (
            <Button kind="plain" class="ad-start" onClick={() => props.onDelete(one)}>
              {t("action.delete")}
            </Button>
          )}
          <Button onClick={props.onClose}>{t("action.cancel")}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
