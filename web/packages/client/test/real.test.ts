/** The client against the real server. */
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import type { Message } from "../src/protocol.ts";
import { createQueue } from "../src/queue.ts";
import { staffRest } from "../src/staff.ts";
import { BINARY, realServer, when } from "./realServer.ts";
import { texts } from "./setup.ts";

describe.skipIf(!BINARY)("the real server", { timeout: 60_000 }, () => {
  const { start, kill, visitor, person, client } = realServer();

  it("is killed under a visitor who writes, and nothing is lost or doubled", async () => {
    const url = await start();
    const port = Number(new URL(url).port);
    const cleo = await visitor(url);
    await cleo.connect();
    const conversation = cleo.start({ mode: "human", firstMessage: "line 0" });
    const id = await conversation.ready;
    const shown = () => conversation.getSnapshot().messages;
    await when(conversation, () => shown().some((one) => one.mark === "stored"));

    const lines = Array.from({ length: 30 }, (_, place) => `line ${place + 1}`);
    const sent = lines.map((line) => conversation.send(line).stored);
    // Some are stored, one is under way, the others wait: in the middle of it the process goes.
    await sent[4];
    await kill();
    await when(cleo, () => cleo.state !== "connected");
    const late = conversation.send("typed while it was away").stored;
    expect(await start(port)).toBe(url);
    await Promise.all([...sent, late]);
    await when(conversation, () => conversation.getSnapshot().live && cleo.getSnapshot().queued === 0);

    const { items } = await cleo.rest.messages(id, { limit: 100 });
    const own = items.filter((one: Message) => one.senderRole === "customer");
    expect(texts(own)).toEqual(["line 0", ...lines, "typed while it was away"]);
    expect(items.map((one) => one.seq)).toEqual(items.map((_, place) => place + 1));
    expect(shown().map((one) => [one.seq, one.content])).toEqual(items.map((one) => [one.seq, one.content]));
  });

  it("carries a whole hand-over: assistant, queue, agent, marks, notes, closing, rating", async () => {
    const url = await start();
    const cleo = await visitor(url);
    await cleo.connect();
    const ann = await person(url, "ann", "agent");
    await ann.connect();
    await ann.send("agent_status", { status: "away" });

    const mine = cleo.start({ firstMessage: "I would like to talk to a person" });
    const id = await mine.ready;
    await when(mine, () => mine.getSnapshot().messages.some((one) => one.aiGenerated));
    await mine.escalate({ reason: "refund" });
    await when(mine, () => mine.getSnapshot().escalation?.status === "QUEUED");

    const queue = createQueue(ann);
    queue.subscribe(() => {});
    await when(queue, () => queue.getSnapshot().queue?.[0]?.conversationId === id);
    expect(queue.getSnapshot().live).toBe(true);

    const hers = ann.conversation(id);
    await ann.send("agent_status", { status: "available" });
    // It may have been given to her meanwhile: taking what is one's own is no fault worth a test's failure.
    await hers.assignToMe().catch((error: { code: string }) => expect(error.code).toBe("already_assigned"));
    await hers.open();
    await when(mine, () => mine.getSnapshot().agent?.agentId === "ann");
    await when(queue, () => queue.getSnapshot().queue?.length === 0);

    await hers.addNote("wants a refund");
    await hers.loadNotes();
    expect(texts(hers.getSnapshot().notes)).toContain("wants a refund");
    expect(mine.getSnapshot().notes).toEqual([]);

    hers.typing();
    await when(mine, () => mine.getSnapshot().typing.length > 0);
    await hers.send("Hello, this is Ann").stored;
    await when(mine, () => mine.getSnapshot().messages.at(-1)?.content === "Hello, this is Ann");
    expect(mine.getSnapshot().typing).toEqual([]);
    expect(mine.getSnapshot().unread).toBeGreaterThan(0);
    mine.markRead();
    await when(hers, () => hers.getSnapshot().messages.at(-1)?.mark === "read");
    expect(mine.getSnapshot().unread).toBe(0);

    await hers.close("solved");
    await when(mine, () => mine.getSnapshot().status === "CLOSED");
    await mine.rate(5, "Quick!");
    const failed = mine.send("too late");
    await expect(failed.stored).rejects.toMatchObject({ code: "conversation_closed" });
    expect(mine.getSnapshot().messages.at(-1)?.mark).toBe("failed");

    const root = await person(url, "root", "admin");
    expect((await root.rest.conversation(id)).rating?.score).toBe(5);
    expect((await staffRest(root.rest).decisions(id)).items.length).toBeGreaterThan(0);
    expect((await cleo.rest.transcript(id)).includes("Hello, this is Ann")).toBe(true);
    expect((await cleo.rest.availability("default")).open).toBe(true);
  });

  it("gives a second device the same story", async () => {
    const url = await start();
    const cleo = await visitor(url);
    const token = (await createClient({ url }).rest.visitor({ chatbotId: "default" })).token;
    const phone = client(url, { token });
    const laptop = client(url, { token });
    await Promise.all([cleo.connect(), phone.connect(), laptop.connect()]);
    const begun = phone.start({ mode: "human", firstMessage: "from the phone" });
    const id = await begun.ready;
    const other = laptop.conversation(id);
    await other.open();
    await other.send("from the laptop").stored;
    const both = [begun, other];
    for (const one of both) {
      await when(one, () => one.getSnapshot().messages.some(({ content }) => content === "from the laptop"));
    }
    const [first, second] = both.map((one) => one.getSnapshot().messages.map(({ seq, content }) => [seq, content]));
    await when(other, () => other.getSnapshot().live);
    expect(first?.slice(-1)).toEqual(second?.slice(-1));
    // Somebody else's conversation is not there, whatever its id.
    await expect(cleo.conversation(id).open()).rejects.toMatchObject({ code: "not_found" });
  });

  it("refuses a token that nobody signed", async () => {
    const url = await start();
    const stranger = client(url, { token: "a.b.c" });
    await expect(stranger.connect()).rejects.toMatchObject({ code: "unauthenticated" });
    expect(stranger.state).toBe("error");
  });
});
