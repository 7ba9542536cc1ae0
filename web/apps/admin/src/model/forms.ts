/** What is wrong with a form before it is sent, and where what the server says belongs. Pure. */
import { parseHex } from "@switchboard/design/colour";

/** A field's path and the key of what is wrong with it. */
export type Problems = Readonly<Record<string, string>>;

/** "de, billing ,de" → ["de", "billing"]: one each, in order. */
export function wordsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[,\n]/)
        .map((word) => word.trim())
        .filter(Boolean),
    ),
  ];
}

export interface AgentForm {
  name: string;
  email: string;
  password: string;
  capacity: string;
}
export const PASSWORD_LENGTH = 8;

const looksLikeEmail = (text: string) => /^[^@\s]+@[^@\s]+$/.test(text) && text.length <= 254;
const whole = (text: string, low: number, high: number) =>
  /^\d+$/.test(text.trim()) && Number(text) >= low && Number(text) <= high;

/** A priority as it is written into a field; null when it is none. */
export const priorityOf = (text: string): number | null => (whole(text, 0, 1000) ? Number(text) : null);

export function agentProblems(form: AgentForm, isNew: boolean): Problems {
  const found: Record<string, string> = {};
  if (!form.name.trim()) found.name = "empty";
  if (isNew && !looksLikeEmail(form.email.trim())) found.email = "email";
  if (isNew && form.password.length < PASSWORD_LENGTH) found.password = "password";
  if (!whole(form.capacity, 0, 1000)) found.capacity = "capacity";
  return found;
}

export const BOT_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const isOrigin = (text: string) => /^https?:\/\/[^\s/]+$/.test(text);

export interface PreChatField {
  key: string;
  label: string;
  kind: "text" | "email" | "long_text";
  required: boolean;
}

export interface BotForm {
  id: string;
  name: string;
  allowedOrigins: string[];
  preChat: PreChatField[];
  accent: string;
}

export function botProblems(form: BotForm): Problems {
  const found: Record<string, string> = {};
  if (!BOT_ID.test(form.id)) found.id = "botId";
  if (!form.name.trim()) found.name = "empty";
  const wrong = form.allowedOrigins.findIndex((origin) => !isOrigin(origin));
  if (wrong >= 0) found.allowedOrigins = "origin";
  if (form.accent && !parseHex(form.accent)) found["theme.accent"] = "colour";
  const seen = new Set<string>();
  for (const [index, field] of form.preChat.entries()) {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(field.key)) found[`preChat[${index}].key`] = "fieldKey";
    else if (seen.has(field.key)) found[`preChat[${index}].key`] = "twice";
    seen.add(field.key);
    if (!field.label.trim()) found[`preChat[${index}].label`] = "empty";
  }
  return found;
}

const SHORTCUT = /^[\p{L}\p{N}.-]{1,64}$/u;
const PLACEHOLDERS = new Set(["customer.name", "agent.name"]);

export function cannedProblems(form: { shortcut: string; title: string; content: string }): Problems {
  const found: Record<string, string> = {};
  if (!SHORTCUT.test(form.shortcut.replace(/^\//, ""))) found.shortcut = "shortcut";
  if (!form.title.trim()) found.title = "empty";
  if (!form.content.trim()) found.content = "empty";
  const used = [...form.content.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)].map(([, name]) => name ?? "");
  if (used.some((name) => !PLACEHOLDERS.has(name))) found.content = "placeholder";
  return found;
}

/** What a customer would read: the placeholders filled in. */
export function fillIn(content: string, customer: string, agent: string): string {
  return content.replace(/\{\{\s*customer\.name\s*\}\}/g, customer).replace(/\{\{\s*agent\.name\s*\}\}/g, agent);
}

export function tokenProblems(form: { userId: string; ttlMinutes: string; secret: string }): Problems {
  const found: Record<string, string> = {};
  if (!form.userId.trim()) found.userId = "empty";
  if (form.ttlMinutes.trim() && !whole(form.ttlMinutes, 1, 525_600)) found.ttlSeconds = "ttl";
  if (!form.secret) found.secret = "empty";
  return found;
}

/** The part of a shell line that stands for a text, whatever is in it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The field of a form that a refusal belongs to: the longest one whose path begins the server's
 * (`assistant.knowledgeTags[2]` belongs to `assistant.knowledgeTags`). Null = it is shown above the form.
 */
export function fieldOf(refused: unknown, fields: readonly string[]): string | null {
  if (typeof refused !== "string") return null;
  const path = refused.replace(/^data\./, "");
  const fits = (field: string) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
  return fields.filter(fits).sort((a, b) => b.length - a.length)[0] ?? null;
}

/** "allowedOrigins[0]: must look like …" → "Must look like …": the server's words, as a sentence. */
export function serverWords(message: string): string {
  const said = message.replace(/^[A-Za-z][\w.[\]]*: /, "");
  return said.charAt(0).toUpperCase() + said.slice(1);
}
