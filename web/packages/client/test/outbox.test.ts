import { IDBFactory } from "fake-indexeddb";
import { describe, expect, it, vi } from "vitest";
import { createClient } from "../src/index.ts";
import { indexedDbOutbox, memoryOutbox } from "../src/outbox.ts";
import type { OutboxEntry, OutboxStore } from "../src/types.ts";
import { createFakeServer, texts, tokenOf } from "./setup.ts";

const entry = (clientId: string, order: number, owner = "cleo"): OutboxEntry => ({
  clientId,
  owner,
  order,
  kind: "message",
  conversation: "c",
  data: { content: clientId },
  at: "2026-11-23T09:00:00.000Z",
});

/** Resolves as soon as something holds; it looks whenever anything could have changed. */
async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { interval: 1, timeout: 5_000 });
}

function page(server: ReturnType<typeof createFakeServer>, outbox: OutboxStore, user = "cleo") {
  return createClient({
    url: server.url,
    token: tokenOf(user),
    outbox,
    environment: { ...server.environment, random: () => 0, watch: () => () => {} },
  });
}

describe("an outbox in IndexedDB", () => {
  it("gives back an owner's entries by their order", async () => {
    const indexedDB = new IDBFactory();
    const box = indexedDbOutbox({ indexedDB });
    await box.put(entry("b", 2));
    await box.put(entry("a", 1));
    await box.put(entry("other", 1, "ann"));
    await box.put({ ...entry("b", 2), failed: "too_large" });
    const again = indexedDbOutbox({ indexedDB });
    expect((await again.all("cleo")).map((one) => [one.clientId, one.failed])).toEqual([
      ["a", undefined],
      ["b", "too_large"],
    ]);
    await again.remove("a");
    expect(await again.all("cleo")).toHaveLength(1);
  });

  it("falls back to memory where the browser forbids it", async () => {
    const blocked = {
      open: () => {
        throw new DOMException("no", "SecurityError");
      },
    } as unknown as IDBFactory;
    const box = indexedDbOutbox({ indexedDB: blocked });
    await box.put(entry("a", 1));
    expect(await box.all("cleo")).toHaveLength(1);
    await box.remove("a");
    expect(await box.all("cleo")).toEqual([]);
  });

  it("brings what was typed offline over a reload, in order, and shows it before there is a link", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    const indexedDB = new IDBFactory();
    server.down(true);
    const first = page(server, indexedDbOutbox({ indexedDB }));
    void first.connect();
    first.conversation("c").send("one");
    first.conversation("c").send("two");
    const kept = indexedDbOutbox({ indexedDB });
    const owner = `${server.url} cleo`;
    await vi.waitUntil(async () => (await kept.all(owner)).length === 2, { interval: 1 });
    first.destroy();

    const second = page(server, indexedDbOutbox({ indexedDB }));
    void second.connect();
    const shown = () => second.conversation("c").getSnapshot().messages;
    await until(() => shown().length === 2);
    expect(shown().map((one) => one.mark)).toEqual(["queued", "queued"]);
    server.down(false);
    await second.connect();
    await until(() => stored.messages.length === 2);
    expect(texts(stored.messages)).toEqual(["one", "two"]);
    await vi.waitUntil(async () => (await kept.all(owner)).length === 0, { interval: 1 });
    await until(() => shown().every((one) => one.mark === "stored"));
    expect(texts(shown())).toEqual(["one", "two"]);
    second.destroy();
  });

  it("brings a conversation that was begun offline over a reload, with what followed", async () => {
    const server = createFakeServer();
    const indexedDB = new IDBFactory();
    server.down(true);
    const first = page(server, indexedDbOutbox({ indexedDB }));
    void first.connect();
    first.start({ firstMessage: "Hello", clientId: "s" }).send("Anybody?");
    const kept = indexedDbOutbox({ indexedDB });
    const owner = `${server.url} cleo`;
    await vi.waitUntil(async () => (await kept.all(owner)).length === 2, { interval: 1 });
    first.destroy();
    server.down(false);
    const second = page(server, indexedDbOutbox({ indexedDB }));
    await second.connect();
    await until(() => [...server.conversations.values()][0]?.messages.length === 2);
    const [stored] = server.conversations.values();
    expect(texts(stored?.messages ?? [])).toEqual(["Hello", "Anybody?"]);
    expect(server.conversations.size).toBe(1);
    await until(() => second.getSnapshot().queued === 0);
    const [conversation] = second.getSnapshot().conversations;
    expect(texts(conversation?.getSnapshot().messages ?? [])).toEqual(["Hello", "Anybody?"]);
    second.destroy();
  });

  it("sends once what two pages of one browser both find", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    const indexedDB = new IDBFactory();
    const box = indexedDbOutbox({ indexedDB });
    for (const number of [1, 2, 3]) await box.put(entry(`m${number}`, number, `${server.url} cleo`));
    const pages = [page(server, indexedDbOutbox({ indexedDB })), page(server, indexedDbOutbox({ indexedDB }))];
    await Promise.all(pages.map((one) => one.connect()));
    await until(() => pages.every((one) => one.getSnapshot().queued === 0) && stored.messages.length === 3);
    expect(texts(stored.messages)).toEqual(["m1", "m2", "m3"]);
    for (const one of pages) {
      await until(() => one.conversation("c").getSnapshot().messages.length === 3);
      expect(texts(one.conversation("c").getSnapshot().messages)).toEqual(["m1", "m2", "m3"]);
      one.destroy();
    }
  });

  it("never sends one user's text as another's", async () => {
    const server = createFakeServer();
    const box = memoryOutbox();
    await box.put(entry("secret", 1, `${server.url} ann`));
    const client = page(server, box);
    await client.connect();
    await client.send("rate_conversation", { conversationId: "c", score: 5 });
    expect(server.frames("send_message")).toEqual([]);
    expect(await box.all(`${server.url} ann`)).toHaveLength(1);
    client.destroy();
  });
});
