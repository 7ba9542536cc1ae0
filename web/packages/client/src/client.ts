import { createCalls, errorOf } from "./calls.ts";
import { createConversation, firstMessageId, type Model } from "./conversation.ts";
import { createDelivery } from "./delivery.ts";
import { guarded, notifier, randomId, subjectOf, surroundings, TIMING } from "./environment.ts";
import { SwitchboardError } from "./errors.ts";
import { ownLink } from "./link.ts";
import { memoryOutbox } from "./memory.ts";
import type { Pong, Resumed, ServerEvents } from "./protocol.ts";
import { createRest } from "./rest.ts";
import type {
  Client,
  ClientOptions,
  ClientSnapshot,
  ConnectionState,
  HostEvent,
  Identity,
  Link,
  LinkEvents,
  TokenReason,
} from "./types.ts";

/** Conversations that one `resume` may name. */
const PER_RESUME = 64;

/** Makes a client. Nothing is sent before `connect()`. */
export function createClient(options: ClientOptions = {}): Client {
  const environment = surroundings(options.environment);
  const timing = { ...TIMING, ...options.timing };
  const given = options.url ?? globalThis.location?.origin;
  if (given === undefined) throw new SwitchboardError("invalid", "url: is missing");
  const origin = String(given).replace(/\/+$/, "");
  const { now } = environment;

  let state: ConnectionState = "disconnected";
  let detail: Pick<ClientSnapshot, "retryAt" | "attempts" | "error"> = { retryAt: null, attempts: 0, error: null };
  let identity: Identity | null = null;
  let epoch: string | null = null;
  let clockOffset = 0;
  let online = typeof navigator === "undefined" || navigator.onLine !== false;
  let snapshot: ClientSnapshot | null = null;
  let token: string | null = options.token ?? null;
  let asking: Promise<string | null> | null = null;
  let models: Model[] = [];
  /** Starts on their way: events of conversations that are not known wait, they may be about one of them. */
  const starting = new Set<string>();
  let early: { type: string; data: unknown; event?: HostEvent | undefined }[] = [];
  const handlers = new Map<string, Set<(data: never, event?: HostEvent) => void>>();
  const told = notifier();
  const waiting: { resolve(): void; reject(error: SwitchboardError): void }[] = [];

  const connected = () => state === "connected";
  const calls = createCalls(() => link, connected, now);

  function changed(): void {
    snapshot = null;
    told.changed();
  }

  function emit(type: string, data: unknown, event?: HostEvent): void {
    const more: [HostEvent?] = event ? [event] : [];
    for (const handler of [...(handlers.get(type) ?? [])]) guarded(() => handler(data as never, ...more));
  }

  // ---- tokens ----

  function belongsTo(userId: string): void {
    void delivery.owned(`${origin} ${userId}`);
  }

  function accept(fresh: string | null): string | null {
    token = fresh;
    const subject = fresh === null ? null : subjectOf(fresh);
    if (subject !== null) belongsTo(subject);
    return fresh;
  }

  /** One question at a time, whoever asks. */
  function askToken(why: TokenReason): Promise<string | null> {
    const { getToken } = options;
    if (!getToken) return Promise.resolve(why === "start" ? accept(token) : null);
    asking ??= getToken(why)
      .then(accept)
      .finally(() => {
        asking = null;
      });
    return asking;
  }

  const rest = createRest({
    origin,
    fetch: environment.fetch,
    token: async (refused) => {
      if (refused) return (await askToken("refused")) ?? token;
      return token ?? askToken("start");
    },
  });

  // ---- conversations ----

  const find = (id: string) => models.find((model) => model.api.id === id);

  function create(key: string, id: string | null): Model {
    const model = createConversation(
      {
        calls,
        rest,
        timeout: timing.sendTimeout,
        me: () => identity,
        connected,
        now,
        fire: (type, data) => void link.send({ type, data }),
        deliver: delivery.add,
        settled: delivery.drop,
        again: delivery.again,
        changed,
        arrived(conversation, message) {
          // Two objects of one conversation are one for the ear.
          if (find(conversation.id ?? "")?.api === conversation) emit("message", { conversation, message });
        },
      },
      key,
      id,
    );
    models = [...models, model];
    changed();
    return model;
  }

  const modelOf = (id: string): Model => find(id) ?? create(id, id);
  /** Of an entry: by the conversation's id, or by the start that makes it. */
  const modelFor = (key: string): Model | undefined =>
    find(key) ?? models.find((model) => model.api.key === key && model.api.id === null);

  const delivery = createDelivery(options.outbox ?? memoryOutbox(), {
    calls,
    ackTimeout: timing.ackTimeout,
    chatbotId: options.chatbotId,
    connected,
    now,
    sending(entry, on) {
      if (entry.kind === "start" && on) starting.add(entry.clientId);
      const clientId = entry.kind === "start" ? firstMessageId(entry.clientId) : entry.clientId;
      modelFor(entry.conversation)?.sending(clientId, on);
    },
    started(entry, ack) {
      modelFor(entry.conversation)?.adopt(ack);
      settledStart(entry.clientId);
    },
    sent: (entry, ack) => modelFor(entry.conversation)?.acknowledged(entry.clientId, ack),
    refused(entry, error) {
      const clientId = entry.kind === "start" ? firstMessageId(entry.clientId) : entry.clientId;
      modelFor(entry.conversation)?.refused(clientId, error);
      if (entry.kind === "start") settledStart(entry.clientId);
    },
    restored(entry) {
      const model =
        entry.kind === "start"
          ? (modelFor(entry.clientId) ?? create(entry.clientId, null))
          : (modelFor(entry.conversation) ?? create(entry.conversation, entry.conversation));
      model.restore(entry);
    },
  });

  function settledStart(clientId: string): void {
    starting.delete(clientId);
    if (starting.size > 0) return;
    const held = early;
    early = [];
    for (const { type, data, event } of held) dispatch(type, data, event);
  }

  // ---- the link ----

  function dispatch(type: string, data: unknown, event?: HostEvent): void {
    // What a host calls a conversation is its own business.
    const id = event ? null : (data as { conversationId?: unknown } | null)?.conversationId;
    if (typeof id === "string" && type !== "agent_notification" && type !== "admin_notification") {
      const known = models.filter((model) => model.api.id === id);
      if (known.length === 0 && starting.size > 0) {
        early.push({ type, data, event });
        return;
      }
      for (const model of known.length > 0 ? known : [modelOf(id)]) model.take(type, data);
    }
    emit(type, data, event);
    emit("*", { type, data, ...(event && { event }) });
  }

  function welcome(data: ServerEvents["connected"]): void {
    const other = identity !== null && identity.userId !== data.userId;
    identity = { userId: data.userId, role: data.role, isStaff: data.isStaff };
    clockOffset = Date.parse(data.serverTime) - now();
    belongsTo(data.userId);
    if (other) {
      for (const model of models) model.destroy();
      models = [];
    } else if (epoch !== null && epoch !== data.epoch) {
      for (const model of models) model.reset();
      emit("epoch", { epoch: data.epoch });
    }
    epoch = data.epoch;
  }

  /** Everything that is watched goes on where it stood. */
  async function resume(): Promise<void> {
    const watched = models.filter((model) => model.resumable());
    for (let at = 0; at < watched.length; at += PER_RESUME) {
      const some = watched.slice(at, at + PER_RESUME);
      const conversations = some.map((model) => ({ conversationId: model.api.id ?? "", lastSeq: model.last() }));
      // Lost with its link it is asked again by the next one; refused, each is asked for by itself.
      const ack = await calls
        .call<Resumed>("resume", { conversations }, { resend: timing.ackTimeout, ahead: true, once: true })
        .catch((error: SwitchboardError) => error);
      if (ack instanceof SwitchboardError) {
        if (ack.code !== "closed" && ack.code !== "connection_lost")
          for (const model of some) void model.api.open().catch(() => {});
        continue;
      }
      const heads = new Map(ack.conversations.map((one) => [one.conversationId, one.lastSeq]));
      for (const model of some) model.resumed(heads.get(model.api.id ?? "") ?? null);
    }
  }

  const events: LinkEvents = {
    frame(frame) {
      if (frame.type === "connected") welcome(frame.data as ServerEvents["connected"]);
      else if (frame.type === "pong") {
        const pong = frame.data as Pong;
        clockOffset = Date.parse(pong.serverTime) - now();
        for (const { conversationId, seq } of pong.heads ?? []) find(conversationId)?.head(seq);
      }
      if (calls.answered(frame) || frame.type === "pong" || frame.type === "ack") return;
      dispatch(frame.type, frame.type === "error" ? errorOf(frame.data) : frame.data, frame.event);
    },
    state(next, more) {
      const was = state;
      state = next;
      detail = more;
      if (next === "connected") {
        for (const one of waiting.splice(0)) one.resolve();
        void resume();
        calls.up();
        delivery.up();
      } else if (was === "connected") {
        calls.down();
        delivery.down();
        for (const model of models) model.lost();
      }
      if (next === "error" || (next === "disconnected" && was !== next)) {
        const why = more.error ?? new SwitchboardError("closed");
        for (const one of waiting.splice(0)) one.reject(why);
      }
      changed();
      if (was !== next) emit("state", client.getSnapshot());
    },
  };

  const socketUrl = `${origin.replace(/^http/, "ws")}/ws`;
  const own = (to: LinkEvents): Link => ownLink(to, { url: socketUrl, token: askToken, timing, environment });
  const ownerOf = async () => {
    const subject = subjectOf(token ?? (await askToken("start")) ?? "");
    return subject === null ? null : `${origin} ${subject}`;
  };
  const link: Link = options.tabs ? options.tabs(events, { owner: ownerOf, own, environment }) : own(events);

  const unwatch = environment.watch((why) => {
    if (why === "online" || why === "offline") {
      online = why === "online";
      changed();
    }
    // What the browser says about the network is a reason to look, never a proof.
    if (why !== "hidden") link.probe();
  });

  const client: Client = {
    get state() {
      return state;
    },
    getSnapshot() {
      snapshot ??= {
        state,
        identity,
        ...detail,
        online,
        clockOffset,
        ...counts(),
      };
      return snapshot;
    },
    subscribe: told.subscribe,
    connect() {
      if (connected()) return Promise.resolve();
      const done = new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
      done.catch(() => {});
      link.open();
      return done;
    },
    disconnect: () => link.close(),
    setToken(fresh) {
      const same = connected() && fresh !== null && identity !== null && subjectOf(fresh) === identity.userId;
      accept(fresh);
      if (same) link.renew(fresh);
      else if (state !== "disconnected") {
        link.close();
        if (fresh !== null) link.open();
      }
    },
    on(type, handler) {
      const set = handlers.get(type) ?? new Set();
      handlers.set(type, set.add(handler));
      return () => void handlers.get(type)?.delete(handler as (data: never) => void);
    },
    off: (type, handler) => void handlers.get(type)?.delete(handler as (data: never) => void),
    send: (type, data, { timeout = timing.sendTimeout } = {}) => calls.call(type, data, { timeout }),
    start(start = {}) {
      const { clientId = randomId(), ...data } = start;
      const known = models.find((model) => model.api.key === clientId);
      if (known) return known.api;
      const model = create(clientId, null);
      const at = new Date(now()).toISOString();
      const entry = { clientId, kind: "start", conversation: clientId, data, at } as const;
      if (data.firstMessage !== undefined) model.restore({ ...entry, owner: "", order: 0 });
      delivery.add(entry);
      return model.api;
    },
    conversation: (id) => modelOf(id).api,
    rest,
    destroy() {
      unwatch();
      link.close();
      link.destroy();
      calls.end(new SwitchboardError("closed"));
      for (const model of models) model.destroy();
      delivery.close();
      handlers.clear();
    },
  };

  let listed: ClientSnapshot["conversations"] = [];
  function counts(): Pick<ClientSnapshot, "unread" | "queued" | "conversations"> {
    const seen = new Set<string>();
    const single = models.filter(({ api: { id } }) => id === null || (!seen.has(id) && seen.add(id)));
    const sorted = single
      .map((model) => ({ model, at: model.newestAt() }))
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .map(({ model }) => model.api);
    if (sorted.length !== listed.length || sorted.some((one, place) => one !== listed[place])) listed = sorted;
    return {
      unread: single.reduce((sum, model) => sum + model.api.getSnapshot().unread, 0),
      queued: single.reduce((sum, model) => sum + model.pending(), 0),
      conversations: listed,
    };
  }

  return client;
}
