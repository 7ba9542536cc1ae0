import { describe, expect, it, vi } from "vitest";
import { messagesClient } from "../src/messages.ts";
import { createRest } from "../src/rest.ts";
import { cookieSession, visitorSession } from "../src/session.ts";
import { staffRest } from "../src/staff.ts";
import { createFakeServer, pass, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

const restOf = (server: ReturnType<typeof createFakeServer>, token: string | null = tokenOf("ann", "agent")) =>
  createRest({ origin: server.url, fetch: server.environment.fetch, token: async () => token });

describe("rest", () => {
  it("carries the token in a header, and rejects with the server's error", async () => {
    const server = createFakeServer();
    const rest = restOf(server);
    await expect(rest.conversation("a/b")).rejects.toMatchObject({
      code: "not_found",
      status: 404,
      requestId: "request-1",
      retryable: false,
    });
    expect(server.called[0]).toMatchObject({ call: "GET /api/v1/conversations/a%2Fb", token: tokenOf("ann", "agent") });
  });

  it("asks once for another token when one is refused", async () => {
    const server = createFakeServer();
    server.open({ customerId: "cleo", id: "c" });
    server.refuse("old");
    const asked: boolean[] = [];
    const rest = createRest({
      origin: server.url,
      fetch: server.environment.fetch,
      token: async (refused) => {
        asked.push(refused);
        return refused ? tokenOf("ann", "agent") : "old";
      },
    });
    await expect(rest.conversation("c")).resolves.toMatchObject({ id: "c" });
    expect(asked).toEqual([false, true]);
    server.refuse(tokenOf("ann", "agent"));
    await expect(rest.conversation("c")).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
  });

  it("says network when there is none", async () => {
    const server = createFakeServer();
    server.down(true);
    await expect(restOf(server).conversation("c")).rejects.toMatchObject({ code: "network", retryable: true });
  });

  it("understands an error that is no JSON", async () => {
    const answer = new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "retry-after": "7" } });
    const rest = createRest({ origin: "http://x.test", fetch: async () => answer, token: async () => null });
    await expect(rest.availability("default")).rejects.toMatchObject({
      code: "unavailable",
      status: 502,
      retryable: true,
      retryAfterMs: 7000,
    });
  });

  it("writes staff's calls as the server's table of routes has them", async () => {
    const calls: string[] = [];
    const rest = createRest({
      origin: "http://x.test",
      token: async () => null,
      fetch: async (url, init) => {
        calls.push(`${init?.method} ${String(url).replace("http://x.test", "")}`);
        return Response.json({});
      },
    });
    const staff = staffRest(rest);
    await staff.queue();
    await staff.queueAccuracy();
    await staff.offers();
    await staff.acceptOffer("o");
    await staff.declineOffer("o", "lunch");
    await staff.agents();
    await staff.updateAgent("ann", { capacity: 3 });
    await staff.setAgentStatus("ann", "away");
    await staff.workload("ann");
    await staff.chatbots();
    await staff.deleteChatbot("x");
    await staff.notes("c", 3);
    await staff.decisions("c");
    await staff.assistantUsage();
    await rest.request("POST", "//api/chats/c/assign");
    expect(calls).toEqual([
      "GET /api/v1/queue",
      "GET /api/v1/queue/accuracy",
      "GET /api/v1/offers",
      "POST /api/v1/offers/o/accept",
      "POST /api/v1/offers/o/decline",
      "GET /api/v1/agents",
      "PATCH /api/v1/agents/ann",
      "PUT /api/v1/agents/ann/status",
      "GET /api/v1/agents/ann/workload",
      "GET /api/v1/chatbots",
      "DELETE /api/v1/chatbots/x",
      "GET /api/v1/conversations/c/notes?after=3",
      "GET /api/v1/conversations/c/decisions",
      "GET /api/v1/assistant/usage",
      "POST /api/chats/c/assign",
    ]);
  });
});

describe("the in-app messages of seed 003", () => {
  it("have the calls that its document names", async () => {
    const server = createFakeServer();
    const messages = messagesClient(restOf(server));
    const made = await messages.createConversation({
      type: "guest_staff",
      subject: "Towels",
      participant_ids: ["ann"],
    });
    await messages.sendMessage({ conversation_id: made.id, message_text: "Hello, I need assistance" });
    expect((await messages.getMessages(made.id)).map((one) => one.message_text)).toEqual(["Hello, I need assistance"]);
    expect(await messages.getMessages(made.id, { limit: 10, offset: 1 })).toEqual([]);
    expect((await messages.getConversations()).map((one) => one.id)).toEqual([made.id]);
    expect((await messages.getConversation(made.id)).id).toBe(made.id);
    expect((await messages.updateConversation(made.id, { status: "archived" })).status).toBe("archived");
    await messages.markConversationAsRead(made.id);
    expect(await messages.getStats()).toMatchObject({ total_conversations: 1 });
    expect(server.called.map((one) => one.call.replace(made.id, "ID"))).toEqual([
      "POST /api/v1/messages/conversations",
      "POST /api/v1/messages/messages",
      "GET /api/v1/messages/conversations/ID/messages",
      "GET /api/v1/messages/conversations/ID/messages",
      "GET /api/v1/messages/conversations",
      "GET /api/v1/messages/conversations/ID",
      "PATCH /api/v1/messages/conversations/ID",
      "PATCH /api/v1/messages/conversations/ID/read",
      "GET /api/v1/messages/stats",
    ]);
  });
});

describe("a console's session", () => {
  function session() {
    const server = createFakeServer();
    server.people.set("ann@shop.example", "right");
    let cookie = "";
    const made = cookieSession({ url: server.url, fetch: server.environment.fetch, cookies: () => cookie });
    return { server, session: made, set: (value: string) => (cookie = value) };
  }

  it("logs in with a cookie, keeps its token in memory, and refreshes before it ends", async () => {
    const { server, session: made, set } = session();
    const changed = vi.fn();
    made.subscribe(changed);
    expect(await made.login("ann@shop.example", "right")).toMatchObject({ id: "ann" });
    set("a=b; switchboard_csrf=the%20proof");
    await pass();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(server.called[0]?.body).toMatchObject({ cookie: true });
    expect(await made.getToken("start")).toBe(tokenOf("ann", "agent", 1));
    expect(server.called).toHaveLength(1);
    await pass(14 * 60_000);
    const [one, two] = await Promise.all([made.getToken("start"), made.getToken("expiring")]);
    expect(one).toBe(two);
    expect(one).not.toBe(tokenOf("ann", "agent", 1));
    expect(server.called).toHaveLength(2);
    expect(server.called[1]?.headers.get("x-csrf-token")).toBe("the proof");
  });

  it("has a name of its own where two pages of a browser are two people", async () => {
    const server = createFakeServer();
    server.people.set("ann@shop.example", "right");
    const jar = "switchboard_csrf=other; switchboard_csrf_console=mine";
    const made = cookieSession({
      url: server.url,
      fetch: server.environment.fetch,
      cookies: () => jar,
      session: "console",
    });
    await made.login("ann@shop.example", "right");
    await made.getToken("refused");
    await made.logout();
    expect(server.called.map(({ body }) => (body as { session?: string }).session)).toEqual(Array(3).fill("console"));
    expect(server.called.slice(1).map(({ headers }) => headers.get("x-csrf-token"))).toEqual(["mine", "mine"]);
    for (const session of ["", "Console", "a".repeat(17), "a b"])
      expect(() => cookieSession({ url: server.url, session })).toThrow(TypeError);
  });

  it("tries once more when another tab has renewed the cookie meanwhile", async () => {
    const server = createFakeServer();
    let cookie = "switchboard_csrf=old";
    const asked: string[] = [];
    const made = cookieSession({
      url: server.url,
      cookies: () => cookie,
      fetch: async (input, init) => {
        const sent = new Headers(init?.headers).get("x-csrf-token") ?? "";
        asked.push(sent);
        if (sent === "new") return server.environment.fetch(input, init);
        cookie = "switchboard_csrf=new";
        const error = { code: "unauthenticated", message: "no", retryable: false };
        return new Response(JSON.stringify({ error }), {
          status: 401,
          headers: { "content-type": "application/json" },
        });
      },
    });
    expect(await made.restore()).toMatchObject({ id: "ann" });
    expect(asked).toEqual(["old", "new"]);
  });

  it("says the same for every wrong login, and asks nothing without a cookie", async () => {
    const { server, session: made } = session();
    await expect(made.login("ann@shop.example", "wrong")).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await made.restore()).toBeNull();
    expect(server.called).toHaveLength(1);
  });

  it("comes back with the cookie, and is over when the server says so, not when it is away", async () => {
    const { server, session: made, set } = session();
    set("switchboard_csrf=x");
    expect(await made.restore()).toMatchObject({ id: "ann" });
    server.down(true);
    await expect(made.getToken("refused")).rejects.toMatchObject({ code: "network" });
    expect(made.user).not.toBeNull();
    server.down(false);
    await made.logout();
    expect(made.user).toBeNull();
  });
});

describe("a visitor's session", () => {
  function storage() {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  }

  it("asks for nothing before the first use, and is the same visitor at the next visit", async () => {
    const server = createFakeServer();
    const options = { url: server.url, chatbotId: "shop", fetch: server.environment.fetch, storage: storage() };
    const first = visitorSession(options);
    expect(first.known).toBe(false);
    expect(server.called).toHaveLength(0);
    expect(options.storage.kept.size).toBe(0);
    first.introduce({ name: "Cleo" });
    const [one, two] = await Promise.all([first.getToken("start"), first.getToken("start")]);
    expect(one).toBe(two);
    expect(server.called.map((call) => call.body)).toEqual([{ chatbotId: "shop", name: "Cleo" }]);
    const second = visitorSession(options);
    expect(second.known).toBe(true);
    expect(await second.getToken("start")).toBe(one);
    expect(server.called).toHaveLength(1);
  });

  it("is another visitor only when the old one is refused", async () => {
    const server = createFakeServer();
    const options = { url: server.url, fetch: server.environment.fetch, storage: storage() };
    const made = visitorSession(options);
    const first = await made.getToken("start");
    expect(await made.getToken("expiring")).toBeNull();
    expect(await made.getToken("start")).toBe(first);
    expect(await made.getToken("refused")).not.toBe(first);
    made.forget();
    expect(made.known).toBe(false);
    expect(options.storage.kept.size).toBe(0);
  });

  it("lives as long as the page where site data is blocked", async () => {
    const server = createFakeServer();
    const blocked = () => {
      throw new DOMException("no", "SecurityError");
    };
    const storage = { getItem: blocked, setItem: blocked, removeItem: blocked };
    const made = visitorSession({ url: server.url, fetch: server.environment.fetch, storage });
    const first = await made.getToken("start");
    expect(await made.getToken("start")).toBe(first);
  });
});
