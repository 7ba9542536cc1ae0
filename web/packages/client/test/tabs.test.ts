import { describe, expect, it, vi } from "vitest";
import { sharedConnection } from "../src/tabs.ts";
import { createFakeBrowser } from "./fakeBrowser.ts";
import { clientOf, createFakeServer, pass, texts, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

/** A tab: its globals are read when its link is made. */
function tabOf(
  browser: ReturnType<typeof createFakeBrowser>,
  server: ReturnType<typeof createFakeServer>,
  user = "cleo",
) {
  const tab = browser.tab();
  vi.stubGlobal("BroadcastChannel", tab.BroadcastChannel);
  vi.stubGlobal("navigator", { locks: tab.locks, onLine: true });
  const made = clientOf(server, {
    token: tokenOf(user, user === "cleo" ? "customer" : "agent"),
    tabs: sharedConnection(),
  });
  return { ...made, tab };
}

const shown = (client: ReturnType<typeof tabOf>["client"], id = "c") => client.conversation(id).getSnapshot();

async function twoTabs() {
  const server = createFakeServer();
  server.open({ customerId: "cleo", id: "c" });
  const browser = createFakeBrowser();
  const one = tabOf(browser, server);
  await one.client.connect();
  await pass();
  const two = tabOf(browser, server);
  await two.client.connect();
  await pass();
  await two.client.conversation("c").open();
  await pass();
  return { server, browser, one, two };
}

describe("tabs of one browser", () => {
  it("share one socket, and both show everything once", async () => {
    const { server, one, two } = await twoTabs();
    expect(server.opened()).toBe(1);
    expect(two.client.getSnapshot().identity?.userId).toBe("cleo");
    server.say("c", "Hello");
    one.client.conversation("c").send("from one");
    two.client.conversation("c").send("from two");
    await pass();
    for (const { client } of [one, two]) {
      expect(texts(shown(client).messages)).toEqual(["Hello", "from one", "from two"]);
      expect(shown(client).messages.map((message) => message.mark)).toEqual([null, "stored", "stored"]);
      expect(client.getSnapshot().queued).toBe(0);
    }
    expect(server.opened()).toBe(1);
  });

  it("read together: what one has seen is not unread in the other", async () => {
    const { server, one, two } = await twoTabs();
    server.say("c", "Hello");
    await pass();
    expect([shown(one.client).unread, shown(two.client).unread]).toEqual([1, 1]);
    two.client.conversation("c").markRead();
    await pass();
    expect([shown(one.client).unread, shown(two.client).unread]).toEqual([0, 0]);
  });

  it("go on when the one with the socket dies, and lose and double nothing", async () => {
    const { server, one, two } = await twoTabs();
    server.say("c", "before");
    await pass();
    one.tab.die();
    server.cut();
    two.client.conversation("c").send("typed meanwhile");
    server.say("c", "between");
    await pass(500);
    expect(two.client.state).toBe("connected");
    server.say("c", "after");
    await pass();
    const [stored] = server.conversations.values();
    expect(texts(shown(two.client).messages)).toEqual(texts(stored?.messages ?? []));
    expect([...texts(shown(two.client).messages)].sort()).toEqual(["after", "before", "between", "typed meanwhile"]);
    expect(shown(two.client).live).toBe(true);
  });

  it("take over from one that is frozen, which comes back as one of the others", async () => {
    const { server, one, two } = await twoTabs();
    one.tab.freeze(true);
    await pass(14_000);
    server.say("c", "Hello");
    await pass(1_000);
    expect(texts(shown(two.client).messages)).toEqual(["Hello"]);
    one.tab.freeze(false);
    await pass(1_000);
    expect(server.sockets.size).toBe(1);
    two.client.conversation("c").send("still one socket");
    await pass(1_000);
    expect(texts(shown(one.client).messages)).toEqual(["Hello", "still one socket"]);
  });

  it("follow the state of the shared link", async () => {
    const { server, two } = await twoTabs();
    server.down(true);
    server.cut();
    await pass();
    expect(two.client.state).toBe("connecting");
    expect(two.client.getSnapshot().retryAt).not.toBeNull();
    server.down(false);
    await pass(2_000);
    expect(two.client.state).toBe("connected");
    server.cut(4403, "forbidden");
    await pass();
    expect(two.client.state).toBe("error");
    expect(two.client.getSnapshot().error).toMatchObject({ code: "forbidden" });
  });

  it("leave each for itself", async () => {
    const { server, one, two } = await twoTabs();
    two.client.conversation("c").leave();
    await pass();
    expect(server.frames("leave")).toHaveLength(0);
    server.say("c", "Hello");
    await pass();
    expect(texts(shown(one.client).messages)).toEqual(["Hello"]);
    one.client.conversation("c").leave();
    await pass();
    expect(server.frames("leave")).toHaveLength(1);
  });

  it("get their own answers, and errors only where they belong", async () => {
    const { one, two } = await twoTabs();
    const wrong = vi.fn();
    one.client.on("error", wrong);
    await expect(two.client.send("join", { conversationId: "nowhere" })).rejects.toMatchObject({ code: "not_found" });
    await expect(one.client.send("rate_conversation", { conversationId: "c", score: 5 })).resolves.toEqual({});
    expect(wrong).not.toHaveBeenCalled();
  });

  it("hand the socket on when the one that has it is closed by its user", async () => {
    const { server, one, two } = await twoTabs();
    one.client.disconnect();
    await pass(1_000);
    expect(one.client.state).toBe("disconnected");
    expect(two.client.state).toBe("connected");
    expect(server.sockets.size).toBe(1);
  });

  it("have a link for each user", async () => {
    const { server, browser } = await twoTabs();
    const ann = tabOf(browser, server, "ann");
    await ann.client.connect();
    expect(ann.client.getSnapshot().identity?.userId).toBe("ann");
    expect(server.sockets.size).toBe(2);
  });

  it("have a connection each where the browser cannot share", async () => {
    const server = createFakeServer();
    vi.stubGlobal("BroadcastChannel", undefined);
    const one = clientOf(server, { tabs: sharedConnection() });
    const two = clientOf(server, { tabs: sharedConnection() });
    await one.client.connect();
    await two.client.connect();
    expect(server.sockets.size).toBe(2);
  });
});
