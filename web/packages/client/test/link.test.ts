import { describe, expect, it, vi } from "vitest";
import { backoff, verdict } from "../src/codes.ts";
import { TIMING } from "../src/environment.ts";
import { CLOSE_CODES } from "../src/protocol.generated.ts";
import { clientOf, createFakeServer, pass, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

describe("the link", () => {
  it("connects with the token in the sub-protocol and never in the address", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    expect(client.state).toBe("disconnected");
    await client.connect();
    expect(client.state).toBe("connected");
    expect(client.getSnapshot().identity).toEqual({ userId: "cleo", role: "customer", isStaff: false });
    const [socket] = server.sockets;
    expect(socket?.url).toBe("ws://fake.test/ws");
    expect(socket?.protocols).toEqual(["bearer", tokenOf("cleo")]);
  });

  it("comes back after it was cut, and says when it will try", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.cut();
    await pass();
    expect(client.state).toBe("connecting");
    expect(client.getSnapshot().retryAt).toBe(Date.now() + 500);
    await pass(500);
    expect(client.state).toBe("connected");
    expect(client.getSnapshot()).toMatchObject({ retryAt: null, attempts: 0, error: null });
  });

  it("doubles the span up to 30 s, and starts small again after a good link", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    await pass(6_000);
    server.down(true);
    server.cut();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      await pass();
      const wait = (client.getSnapshot().retryAt ?? 0) - Date.now();
      waits.push(wait);
      await pass(wait);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    server.down(false);
    await pass(30_000);
    expect(client.state).toBe("connected");
    await pass(6_000);
    server.cut();
    await pass();
    expect(client.getSnapshot().retryAt).toBe(Date.now() + 500);
  });

  it("draws the wait from the whole span", () => {
    expect(backoff(0, TIMING, () => 0)).toBe(0);
    expect(backoff(3, TIMING, () => 0.5)).toBe(2000);
    expect(backoff(1000, TIMING, () => 1)).toBe(30_000);
  });

  it("comes back when the server said, not when the back-off would", async () => {
    const server = createFakeServer();
    const { client, wake } = clientOf(server);
    await client.connect();
    server.push("cleo", "server_draining", { reconnectAfterMs: 7_250 });
    await pass();
    server.cut(1012, "server_draining");
    await pass();
    expect(client.getSnapshot().retryAt).toBe(Date.now() + 7_250);
    wake("online");
    await pass(7_249);
    expect(client.state).toBe("connecting");
    await pass(1);
    expect(client.state).toBe("connected");
  });

  it("reads the delay in the reason of a code from 4500 on", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.cut(4503, "reconnect in 12000 ms");
    await pass();
    expect(client.getSnapshot().retryAt).toBe(Date.now() + 12_000);
  });

  it.each([
    [1000, "normal", "disconnected", null],
    [1002, "protocol_error", "error", "protocol_error"],
    [1008, "abuse", "error", "abuse"],
    [1009, "too_big", "error", "too_big"],
    [4403, "forbidden", "error", "forbidden"],
    [4408, "replaced", "error", "replaced"],
    [4429, "abuse", "error", "abuse"],
    [4477, "", "error", "forbidden"],
  ])("stays away after %d %s", async (code, reason, state, error) => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.cut(code, reason);
    await pass(120_000);
    expect(client.state).toBe(state);
    expect(client.getSnapshot().error?.code ?? null).toBe(error);
    expect(server.opened()).toBe(1);
    await client.connect();
    expect(client.state).toBe("connected");
  });

  it.each([1001, 1005, 1006, 1011, 1012, 1013])("comes back by itself after %d", (code) => {
    expect(verdict(code, "").next).toBe("backoff");
  });

  it("decides by the server's own table of close codes", () => {
    for (const [code, { reconnect, newToken }] of Object.entries(CLOSE_CODES)) {
      const { next } = verdict(Number(code), "");
      expect([code, next === "backoff"]).toEqual([code, reconnect]);
      if (next === "token") expect(newToken).toBe(true);
    }
  });

  it("asks for another token after 4401 and goes on with it", async () => {
    const server = createFakeServer();
    const asked: string[] = [];
    const { client } = clientOf(server, {
      getToken: async (why) => {
        asked.push(why);
        return tokenOf("cleo", "customer", asked.length);
      },
    });
    await client.connect();
    server.refuse(tokenOf("cleo", "customer", 1));
    server.cut(4401, "token_expired");
    await pass();
    expect(client.state).toBe("connected");
    expect(asked).toEqual(["start", "refused"]);
  });

  it("gives up when the next token is refused as well, instead of asking for ever", async () => {
    const server = createFakeServer();
    let serial = 0;
    const { client } = clientOf(server, {
      getToken: async () => {
        const token = tokenOf("cleo", "customer", (serial += 1));
        server.refuse(token);
        return token;
      },
    });
    await expect(client.connect()).rejects.toMatchObject({ code: "unauthenticated" });
    expect(client.state).toBe("error");
    await pass(60_000);
    expect(serial).toBe(2);
  });

  it("gives up after 4401 when there is no other token", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.cut(4401, "logged_out");
    await pass();
    expect(client.state).toBe("error");
    client.setToken(tokenOf("cleo", "customer", 2));
    await pass();
    expect(client.state).toBe("connected");
  });

  it("takes a failing token call for a lost network", async () => {
    const server = createFakeServer();
    let fails = true;
    const { client } = clientOf(server, {
      getToken: async () => {
        if (fails) throw new TypeError("no network");
        return tokenOf("cleo");
      },
    });
    void client.connect();
    await pass();
    expect(client.getSnapshot().retryAt).not.toBeNull();
    fails = false;
    await pass(500);
    expect(client.state).toBe("connected");
  });

  it("hands a newer token to the link a minute before the old one ends", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server, {
      getToken: async (why) => tokenOf("cleo", "customer", why === "expiring" ? 2 : 1),
    });
    await client.connect();
    server.push("cleo", "token_expiring", { expiresAt: "2026-11-23T09:01:00.000Z" });
    await pass();
    expect(server.frames("refresh_token").map((frame) => frame.data)).toEqual([
      { token: tokenOf("cleo", "customer", 2) },
    ]);
    expect(client.state).toBe("connected");
    expect(server.opened()).toBe(1);
  });

  it("finds a half-open link within 25 s of its last word", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    await pass(11_000);
    server.push("cleo", "notification", {});
    await pass();
    server.mute(true);
    await pass(24_999);
    expect(client.state).toBe("connecting");
    server.mute(false);
    await pass(30_000);
    expect(client.state).toBe("connected");
  });

  it("leaves a quiet link alone that answers", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    await pass(300_000);
    expect(client.state).toBe("connected");
    expect(server.opened()).toBe(1);
    expect(server.frames("ping").length).toBeGreaterThan(15);
    expect(server.frames("ping").length).toBeLessThan(30);
  });

  it("tries at once when the network or the page comes back", async () => {
    const server = createFakeServer();
    const { client, wake } = clientOf(server);
    await client.connect();
    server.down(true);
    server.cut();
    await pass(60_000);
    server.down(false);
    wake("visible");
    await pass();
    expect(client.state).toBe("connected");
  });

  it("looks whether a link still lives when the page comes back", async () => {
    const server = createFakeServer();
    const { client, wake } = clientOf(server);
    await client.connect();
    server.mute(true);
    wake("visible");
    await pass(4_000);
    expect(client.state).toBe("connecting");
  });

  it("stays away after disconnect", async () => {
    const server = createFakeServer();
    const { client, wake } = clientOf(server);
    await client.connect();
    client.disconnect();
    wake("online");
    await pass(60_000);
    expect(client.state).toBe("disconnected");
    expect(server.sockets.size).toBe(0);
    await client.connect();
    expect(client.state).toBe("connected");
  });

  it("gives up an address that never says hello, and tries again", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    server.lose((frame) => frame.type === "connected");
    void client.connect();
    await pass(10_000);
    expect(client.getSnapshot().retryAt).not.toBeNull();
    server.lose();
    await pass(500);
    expect(client.state).toBe("connected");
  });

  it("does not wait for a hello that a busy server will not say", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    server.busy(1);
    void client.connect();
    await pass();
    expect(client.getSnapshot().retryAt).toBe(Date.now() + 500);
    await pass(500);
    expect(client.state).toBe("connected");
  });

  it("keeps the same snapshot until something changes, and calls back once for many changes", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    const before = client.getSnapshot();
    expect(client.getSnapshot()).toBe(before);
    const listener = vi.fn();
    client.subscribe(listener);
    await client.connect();
    await pass();
    expect(client.getSnapshot()).not.toBe(before);
    expect(client.getSnapshot()).toBe(client.getSnapshot());
    const calls = listener.mock.calls.length;
    const one = server.open({ customerId: "cleo" });
    client.conversation(one.id);
    client.conversation("another");
    await pass();
    expect(listener.mock.calls.length).toBe(calls + 1);
  });

  it("knows the server's clock", async () => {
    const server = createFakeServer({ now: () => Date.now() + 5_000 });
    const { client } = clientOf(server);
    await client.connect();
    expect(client.getSnapshot().clockOffset).toBe(5_000);
  });
});

describe("commands", () => {
  it("wait for the link and settle with their acknowledgement", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    const answer = client.send("agent_status", { status: "away" });
    await client.connect();
    await expect(answer).resolves.toEqual({});
  });

  it("reject as offline when no link came up in time", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    server.down(true);
    void client.connect();
    const answer = client.send("rate_conversation", { conversationId: "c", score: 5 });
    const rejected = expect(answer).rejects.toMatchObject({ code: "offline", retryable: true });
    await pass(20_000);
    await rejected;
  });

  it("reject with the server's error and what it says beside", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server, { token: tokenOf("ann", "agent") });
    const one = server.open({ customerId: "cleo" });
    server.assign(one.id, { agentId: "bob", agentName: "Bob" });
    await client.connect();
    await expect(client.send("assign_to_me", { conversationId: one.id })).rejects.toMatchObject({
      code: "already_assigned",
      retryable: false,
      details: { agentId: "bob", agentName: "Bob" },
    });
  });

  it("that may be repeated are sent again on the next link; the others reject, since nobody knows", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    const one = server.open({ customerId: "cleo" });
    await client.connect();
    await pass();
    server.lose((frame) => frame.type === "ack");
    const escalating = client.send("escalate", { conversationId: one.id });
    const closing = client.send("close_conversation", { conversationId: one.id });
    const rejected = expect(closing).rejects.toMatchObject({ code: "connection_lost" });
    await pass();
    server.lose();
    server.cut();
    await pass(500);
    await rejected;
    await expect(escalating).resolves.toMatchObject({ status: "QUEUED", position: 3 });
  });

  it("wait as long as the server asks when they are too fast", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    let refusals = 0;
    server.script((frame) => {
      if (frame.type !== "rate_conversation" || refusals > 0) return undefined;
      refusals += 1;
      throw { refusal: { code: "rate_limited", message: "too fast", retryable: true, retryAfterMs: 1_200 } };
    });
    const answer = client.send("rate_conversation", { conversationId: "c", score: 4 });
    await pass(1_199);
    expect(server.frames("rate_conversation")).toHaveLength(1);
    await pass(1);
    await expect(answer).resolves.toEqual({});
  });

  it("all wait when the server says too fast to none in particular", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    let refusals = 0;
    server.script((frame) => {
      if (frame.type !== "agent_status" || refusals > 0) return undefined;
      refusals += 1;
      throw {
        refusal: { code: "rate_limited", message: "too fast", retryable: true, retryAfterMs: 2_000, anonymous: true },
      };
    });
    const answer = client.send("agent_status", { status: "away" });
    await pass(1_999);
    expect(server.frames("agent_status")).toHaveLength(1);
    await pass(1);
    await expect(answer).resolves.toEqual({});
  });

  it("bring a host's own events to whoever listens, by name and all together", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    const named = vi.fn();
    const all = vi.fn();
    const off = client.on("order_ready", named);
    client.on("*", all);
    server.push("cleo", "order_ready", { order: 17 });
    await pass();
    off();
    server.push("cleo", "order_ready", { order: 18 });
    await pass();
    expect(named.mock.calls).toEqual([[{ order: 17 }]]);
    expect(all).toHaveBeenCalledTimes(2);
  });

  it("bring what stands beside a host's event, and take its keys for the host's", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    const [named, all] = [vi.fn(), vi.fn()];
    client.on("notification", named);
    client.on("*", all);
    const event = { id: "e1", number: 7, priority: "normal", createdAt: "2026-11-23T09:00:00.000Z" } as const;
    const data = { title: "Booking", conversationId: "the host's own" };
    server.push("cleo", "notification", data, event);
    await pass();
    expect(named.mock.calls).toEqual([[data, event]]);
    expect(all.mock.calls).toEqual([[{ type: "notification", data, event }]]);
    expect(client.getSnapshot().conversations).toEqual([]);
  });
});
