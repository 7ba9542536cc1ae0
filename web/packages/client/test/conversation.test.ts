import { describe, expect, it, vi } from "vitest";
import { clientOf, createFakeServer, pass, texts, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

async function customer() {
  const server = createFakeServer();
  const stored = server.open({ customerId: "cleo", id: "c" });
  const around = clientOf(server);
  await around.client.connect();
  await pass();
  const conversation = around.client.conversation("c");
  const shown = () => conversation.getSnapshot();
  return { server, stored, conversation, shown, ...around };
}

describe("a conversation", () => {
  it("shows a message at once and marks how far it has come", async () => {
    const { server, conversation, shown, stored } = await customer();
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    await pass();
    const { stored: done } = conversation.send("Where is my order?");
    const marks: unknown[] = [shown().messages.at(-1)?.mark];
    const key = shown().messages.at(-1)?.key;
    await pass();
    marks.push(shown().messages.at(-1)?.mark);
    await expect(done).resolves.toMatchObject({ messageId: stored.messages[0]?.messageId });
    server.event("c", "message_delivered", { userId: "ann", seq: 1 });
    await pass();
    marks.push(shown().messages.at(-1)?.mark);
    server.event("c", "message_read", { userId: "ann", seq: 1, messageId: null, readAt: "2026-11-23T09:00:04.000Z" });
    await pass();
    marks.push(shown().messages.at(-1)?.mark);
    expect(marks).toEqual(["sending", "stored", "delivered", "read"]);
    expect(shown().messages.at(-1)?.key).toBe(key);
    expect(shown().messages).toHaveLength(1);
  });

  it("takes no colleague's device for the customer's", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    server.assign("c", { agentId: "bob", agentName: "Bob" });
    const { client } = clientOf(server, { token: tokenOf("ann", "agent") });
    await client.connect();
    const conversation = client.conversation("c");
    await conversation.open();
    conversation.send("It is on its way.");
    await pass();
    const mark = () => conversation.getSnapshot().messages.at(-1)?.mark;
    const seq = stored.messages.at(-1)?.seq;
    server.event("c", "message_delivered", { userId: "bob", seq });
    await pass();
    expect(mark()).toBe("stored");
    server.event("c", "message_delivered", { userId: "cleo", seq });
    await pass();
    expect(mark()).toBe("delivered");
  });

  it("knows from the answer to a join what had come to the other side before", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    server.say("c", "Where is my order?", { senderId: "cleo", senderRole: "customer" });
    const agent = stored.participants.find((one) => one.userId === "ann");
    if (agent) agent.deliveredSeq = stored.messages.at(-1)?.seq ?? 0;
    const { client } = clientOf(server);
    await client.connect();
    const conversation = client.conversation("c");
    await conversation.open();
    await pass();
    expect(conversation.getSnapshot().messages.at(-1)?.mark).toBe("delivered");
  });

  it("keeps what was typed offline and sends it in order", async () => {
    const { server, stored, conversation, shown, client } = await customer();
    server.down(true);
    server.cut();
    await pass();
    for (const text of ["one", "two", "three"]) conversation.send(text);
    await pass(40_000);
    expect(shown().messages.map((one) => one.mark)).toEqual(["queued", "queued", "queued"]);
    expect(client.getSnapshot().queued).toBe(3);
    server.down(false);
    await pass(30_000);
    expect(texts(stored.messages)).toEqual(["one", "two", "three"]);
    expect(shown().messages.map((one) => one.mark)).toEqual(["stored", "stored", "stored"]);
    expect(client.getSnapshot().queued).toBe(0);
  });

  it("never doubles a message whose acknowledgement was lost", async () => {
    const { server, stored, conversation, shown } = await customer();
    server.lose((frame) => frame.type === "ack" || frame.type === "new_message");
    const { stored: done } = conversation.send("Once");
    await pass(9_999);
    expect(shown().messages.map((one) => one.mark)).toEqual(["sending"]);
    server.lose();
    await pass(1);
    await done;
    expect(server.frames("send_message")).toHaveLength(2);
    expect(stored.messages).toHaveLength(1);
    expect(texts(shown().messages)).toEqual(["Once"]);
  });

  it("never doubles a message when the link breaks between its storing and its acknowledgement", async () => {
    const { server, stored, conversation, shown } = await customer();
    server.lose((frame) => frame.type === "ack" || frame.type === "new_message");
    conversation.send("Once");
    await pass();
    server.lose();
    server.cut();
    await pass(500);
    expect(stored.messages).toHaveLength(1);
    expect(texts(shown().messages)).toEqual(["Once"]);
    expect(shown().messages[0]?.mark).toBe("stored");
  });

  it("shows a repeated message once", async () => {
    const { server, stored, shown } = await customer();
    const message = server.say("c", "Hello");
    await pass();
    server.push("cleo", "new_message", message);
    server.push("cleo", "new_message", stored.messages[0]);
    await pass();
    expect(texts(shown().messages)).toEqual(["Hello"]);
  });

  it("resumes by number: what was missed comes in order and rings once", async () => {
    const { server, client, shown } = await customer();
    const rung = vi.fn();
    client.on("message", ({ message }) => rung(message.content));
    server.say("c", "one");
    await pass();
    server.cut();
    server.say("c", "two");
    server.say("c", "three");
    await pass();
    expect(shown().live).toBe(false);
    await pass(500);
    expect(texts(shown().messages)).toEqual(["one", "two", "three"]);
    expect(shown().live).toBe(true);
    expect(rung.mock.calls.flat()).toEqual(["one", "two", "three"]);
    expect(server.frames("resume").at(-1)?.data).toEqual({ conversations: [{ conversationId: "c", lastSeq: 1 }] });
  });

  it("fills a hole before it shows what follows", async () => {
    const { server, shown } = await customer();
    server.say("c", "one");
    await pass();
    server.sayQuietly("c", "two");
    server.say("c", "three");
    await pass();
    expect(texts(shown().messages)).toEqual(["one"]);
    expect(shown().live).toBe(false);
    await pass(500);
    expect(texts(shown().messages)).toEqual(["one", "two", "three"]);
    expect(shown().live).toBe(true);
  });

  it("learns from the answer to its ping that the last message was lost", async () => {
    const { server, shown } = await customer();
    server.say("c", "one");
    await pass();
    server.sayQuietly("c", "two");
    await pass(12_000);
    await pass(500);
    expect(texts(shown().messages)).toEqual(["one", "two"]);
  });

  it("shows what was changed and what was taken back, also of older ones, and begins nowhere because of them", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.open({ customerId: "cleo", id: "c" });
    const [first, second] = [server.say("c", "one"), server.say("c", "two")];
    const conversation = client.conversation("c");
    await conversation.open();
    await pass();
    server.event("c", "message_updated", { ...first, content: "ONE", editedAt: "2026-11-23T09:00:01.000Z" });
    const gone = { conversationId: "c", messageId: second.messageId, seq: 2, userId: "ann" };
    server.event("c", "message_deleted", { ...gone, deletedAt: "2026-11-23T09:00:02.000Z" });
    server.event("c", "message_deleted", { ...gone, seq: 9, deletedAt: "2026-11-23T09:00:02.000Z" });
    await pass();
    const { messages } = conversation.getSnapshot();
    expect(texts(messages)).toEqual(["ONE", ""]);
    expect(messages.map(({ editedAt, deletedAt }) => [editedAt !== null, deletedAt !== null])).toEqual([
      [true, false],
      [false, true],
    ]);
    server.push("cleo", "message_updated", { ...first, conversationId: "other", seq: 40, content: "far" });
    await pass();
    expect(client.conversation("other").getSnapshot().messages).toEqual([]);
  });

  it("forgets its numbers when the server has another history", async () => {
    const { server, stored, client, shown } = await customer();
    const epochs = vi.fn();
    client.on("epoch", epochs);
    for (const text of ["a", "b", "c"]) server.say("c", text);
    await pass();
    stored.messages.splice(1);
    server.newEpoch("epoch-2");
    await pass(1_000);
    expect(texts(shown().messages)).toEqual(["a"]);
    server.say("c", "new b");
    await pass();
    expect(texts(shown().messages)).toEqual(["a", "new b"]);
    expect(epochs).toHaveBeenCalledWith({ epoch: "epoch-2" });
  });

  it("marks what the server refuses, and keeps it for another try", async () => {
    const { server, stored, conversation, shown } = await customer();
    let refuses = true;
    server.script((frame) => {
      if (frame.type === "send_message" && refuses) {
        throw { refusal: { code: "too_large", message: "too large", retryable: false } };
      }
      return undefined;
    });
    const { clientId, stored: done } = conversation.send("Too long");
    const rejected = expect(done).rejects.toMatchObject({ code: "too_large" });
    await pass();
    await rejected;
    expect(shown().messages[0]).toMatchObject({ mark: "failed", error: { code: "too_large" } });
    refuses = false;
    conversation.send("Next");
    await pass();
    expect(texts(stored.messages)).toEqual(["Next"]);
    conversation.retry(clientId);
    await pass();
    expect(texts(stored.messages)).toEqual(["Next", "Too long"]);
    expect(texts(shown().messages)).toEqual(["Next", "Too long"]);
  });

  it("discards what is not wanted any more", async () => {
    const { server, stored, conversation, shown } = await customer();
    server.cut();
    await pass();
    const { clientId, stored: done } = conversation.send("Never mind");
    const rejected = expect(done).rejects.toMatchObject({ code: "closed" });
    conversation.discard(clientId);
    await rejected;
    await pass(1_000);
    expect(stored.messages).toEqual([]);
    expect(shown().messages).toEqual([]);
  });

  it("waits and goes on in order when it is too fast", async () => {
    const { server, stored, conversation } = await customer();
    let sent = 0;
    server.script((frame) => {
      if (frame.type === "send_message" && (sent += 1) === 2) {
        throw { refusal: { code: "rate_limited", message: "too fast", retryable: true, retryAfterMs: 3_000 } };
      }
      return undefined;
    });
    for (const text of ["one", "two", "three"]) conversation.send(text);
    await pass(2_999);
    expect(texts(stored.messages)).toEqual(["one"]);
    await pass(1);
    expect(texts(stored.messages)).toEqual(["one", "two", "three"]);
  });

  it("begins without a link, with its first message, and takes what follows along", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    const conversation = client.start({ firstMessage: "Hello", clientId: "s-1" });
    conversation.send("Anybody there?");
    expect(conversation.id).toBeNull();
    expect(texts(conversation.getSnapshot().messages)).toEqual(["Hello", "Anybody there?"]);
    expect(client.start({ firstMessage: "Hello", clientId: "s-1" })).toBe(conversation);
    await client.connect();
    await pass();
    const [stored] = server.conversations.values();
    expect(await conversation.ready).toBe(stored?.id);
    expect(texts(stored?.messages ?? [])).toEqual(["Hello", "Anybody there?"]);
    expect(texts(conversation.getSnapshot().messages)).toEqual(["Hello", "Anybody there?"]);
    expect(conversation.getSnapshot().live).toBe(true);
    expect(client.conversation(stored?.id ?? "")).toBe(conversation);
    expect(client.getSnapshot().conversations).toEqual([conversation]);
  });

  it("is begun once, though the answer to its start was lost", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    server.lose((frame) => frame.type === "ack" || frame.type === "new_message");
    const conversation = client.start({ firstMessage: "Hello" });
    await pass();
    server.lose();
    server.cut();
    await pass(500);
    expect(server.conversations.size).toBe(1);
    expect(client.getSnapshot().conversations.map((one) => one.id)).toEqual([conversation.id]);
    expect(texts(client.getSnapshot().conversations[0]?.getSnapshot().messages ?? [])).toEqual(["Hello"]);
  });

  it("comes back by itself to a customer who returns, with who serves and what was read", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    for (let number = 1; number <= 30; number += 1) server.say("c", `line ${number}`);
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    const own = stored.participants[0];
    if (own) own.lastReadSeq = 28;
    const { client } = clientOf(server);
    const rung = vi.fn();
    client.on("message", rung);
    await client.connect();
    await pass();
    const [conversation] = client.getSnapshot().conversations;
    const shown = () => conversation?.getSnapshot();
    expect(shown()).toMatchObject({
      status: "AGENT_ASSIGNED",
      agent: { agentId: "ann", agentName: "Ann" },
      lastSeq: 30,
      unread: 2,
      hasOlder: true,
      live: true,
    });
    expect(shown()?.messages).toHaveLength(20);
    expect(rung).not.toHaveBeenCalled();
    expect(await conversation?.loadOlder(7)).toBe(true);
    expect(shown()?.messages[0]?.content).toBe("line 4");
    expect(await conversation?.loadOlder()).toBe(false);
    expect(shown()?.messages).toHaveLength(30);
    expect(shown()?.hasOlder).toBe(false);
    expect(await conversation?.loadOlder()).toBe(false);
  });

  it("shows the newest fifty when it is opened, and rings for none of them", async () => {
    const server = createFakeServer();
    server.open({ customerId: "cleo", id: "c" });
    for (let number = 1; number <= 80; number += 1) server.say("c", `line ${number}`);
    const { client } = clientOf(server, { token: tokenOf("ann", "agent") });
    const rung = vi.fn();
    client.on("message", rung);
    await client.connect();
    const conversation = client.conversation("c");
    expect(client.conversation("c")).toBe(conversation);
    await conversation.open();
    await pass();
    expect(conversation.getSnapshot().messages).toHaveLength(50);
    expect(conversation.getSnapshot().messages[0]?.seq).toBe(31);
    expect(rung).not.toHaveBeenCalled();
    server.say("c", "new", { senderId: "cleo", senderRole: "customer" });
    await pass();
    expect(rung).toHaveBeenCalledTimes(1);
    expect(conversation.getSnapshot().unread).toBe(1);
  });

  it("says why it could not be opened, and can be tried again", async () => {
    const server = createFakeServer();
    const { client } = clientOf(server);
    await client.connect();
    const conversation = client.conversation("nobody's");
    await expect(conversation.open()).rejects.toMatchObject({ code: "not_found" });
    expect(conversation.getSnapshot().error?.code).toBe("not_found");
    server.open({ customerId: "cleo", id: "nobody's" });
    await conversation.open();
    expect(conversation.getSnapshot().error).toBeNull();
  });

  it("counts what is unread, forgets it when read here or elsewhere, and tells the server once", async () => {
    const { server, conversation, shown, client } = await customer();
    server.say("c", "one");
    server.say("c", "two");
    server.say("c", "Ann has joined", { senderRole: "system", senderId: null });
    await pass();
    expect(shown().unread).toBe(2);
    expect(client.getSnapshot().unread).toBe(2);
    conversation.markRead();
    conversation.markRead();
    await pass();
    expect(shown()).toMatchObject({ unread: 0, lastReadSeq: 3 });
    expect(server.frames("mark_read")).toHaveLength(1);
    server.say("c", "three");
    await pass();
    expect(shown().unread).toBe(1);
    server.event("c", "message_read", { userId: "cleo", seq: 4, messageId: null, readAt: "2026-11-23T09:00:04.000Z" });
    await pass();
    expect(shown().unread).toBe(0);
  });

  it("tells after a reconnect what was read while the link was down", async () => {
    const { server, stored, conversation } = await customer();
    server.say("c", "one");
    await pass();
    server.cut();
    await pass();
    conversation.markRead();
    await pass(500);
    expect(stored.participants[0]?.lastReadSeq).toBe(1);
  });

  it("tells of typing at most every three seconds, and of its end", async () => {
    const { server, conversation } = await customer();
    for (let key = 0; key < 20; key += 1) {
      conversation.typing();
      await pass(200);
    }
    expect(server.frames("typing_start")).toHaveLength(2);
    await pass(5_000);
    expect(server.frames("typing_stop")).toHaveLength(1);
  });

  it("shows who types until they stop, write, or fall silent", async () => {
    const { server, shown } = await customer();
    const typing = () => shown().typing.map((one) => one.userName);
    const start = () => server.event("c", "user_typing", { userId: "ann", userName: "Ann" });
    start();
    await pass();
    expect(typing()).toEqual(["Ann"]);
    server.event("c", "user_stop_typing", { userId: "ann", userName: "Ann" });
    await pass();
    expect(typing()).toEqual([]);
    start();
    server.say("c", "Hello");
    await pass();
    expect(typing()).toEqual([]);
    start();
    await pass(7_000);
    expect(typing()).toEqual([]);
  });

  it("streams a reply until its stored message takes its place", async () => {
    const { server, shown } = await customer();
    server.event("c", "ai_message_start", { messageId: "m", text: "", index: 0 });
    server.event("c", "ai_message_delta", { messageId: "m", delta: "It is ", index: 0 });
    server.event("c", "ai_message_delta", { messageId: "m", delta: "on its way", index: 1 });
    await pass();
    expect(shown().streaming).toEqual({ messageId: "m", text: "It is on its way" });
    server.say("c", "It is on its way.", { messageId: "m", senderId: null, senderRole: "ai", aiGenerated: true });
    await pass();
    expect(shown().streaming).toBeNull();
    server.event("c", "ai_message_delta", { messageId: "m", delta: "late", index: 2 });
    server.event("c", "ai_message_start", { messageId: "m", text: "late", index: 3 });
    await pass();
    expect(shown().streaming).toBeNull();
    expect(texts(shown().messages)).toEqual(["It is on its way."]);
  });

  it("joins in the middle of a reply, and passes over repeated and lost pieces of it", async () => {
    const { server, shown } = await customer();
    server.event("c", "ai_message_start", { messageId: "m", text: "It is on ", index: 2 });
    server.event("c", "ai_message_delta", { messageId: "m", delta: "on ", index: 1 });
    server.event("c", "ai_message_delta", { messageId: "m", delta: "its ", index: 2 });
    server.event("c", "ai_message_delta", { messageId: "m", delta: "today", index: 4 });
    await pass();
    expect(shown().streaming?.text).toBe("It is on its ");
    server.event("c", "ai_message_start", { messageId: "m", text: "It is on its way today", index: 5 });
    await pass();
    expect(shown().streaming?.text).toBe("It is on its way today");
  });

  it("takes a dropped reply away, also one that ended while the link was down", async () => {
    const { server, shown } = await customer();
    server.event("c", "ai_message_start", { messageId: "m", text: "It", index: 0 });
    server.event("c", "ai_message_dropped", { messageId: "m" });
    await pass();
    expect(shown().streaming).toBeNull();
    server.event("c", "ai_message_start", { messageId: "n", text: "Well", index: 0 });
    await pass();
    server.cut();
    await pass();
    expect(shown().streaming?.text).toBe("Well");
    await pass(500);
    expect(shown().streaming).toBeNull();
  });

  it("follows an escalation from the button to the agent and beyond", async () => {
    const { server, conversation, shown } = await customer();
    server.event("c", "escalation_requested", { reason: "refund" });
    await pass();
    expect(shown().escalationRequested).toEqual({ reason: "refund" });
    await expect(conversation.escalate({ reason: "refund" })).resolves.toMatchObject({ status: "QUEUED", position: 3 });
    expect(shown().escalationRequested).toBeNull();
    server.event("c", "queue_update", {
      position: 1,
      estimatedWait: 1,
      estimatedWaitSeconds: { p50: 40, p90: 90 },
    });
    await pass();
    expect(shown().escalation).toMatchObject({ status: "QUEUED", position: 1, since: Date.now() });
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    await pass();
    expect(shown()).toMatchObject({ agent: { agentId: "ann", agentName: "Ann" }, escalation: { status: "ASSIGNED" } });
    server.event("c", "agent_left", { agentId: "ann", reason: "released" });
    await pass();
    expect(shown()).toMatchObject({ agent: null, escalation: null });
    server.event("c", "conversation_closed", { reason: "solved" });
    await pass();
    expect(shown()).toMatchObject({ status: "CLOSED", closeReason: "solved" });
  });

  it("knows after a reconnect what happened meanwhile", async () => {
    const { server, conversation, shown } = await customer();
    await conversation.escalate();
    server.cut();
    server.assign("c", { agentId: "ann", agentName: "Ann" });
    await pass(500);
    expect(shown()).toMatchObject({ status: "AGENT_ASSIGNED", agent: { agentName: "Ann" } });
    expect(shown().escalation).toMatchObject({ status: "ASSIGNED" });
  });

  it("keeps notes apart from messages, fetches them all, and shows new ones", async () => {
    const server = createFakeServer();
    server.open({ customerId: "cleo", id: "c" });
    const { client } = clientOf(server, { token: tokenOf("ann", "agent") });
    await client.connect();
    const conversation = client.conversation("c");
    await conversation.open();
    for (const text of ["a", "b", "c", "d", "e"]) await conversation.addNote(text);
    await pass();
    const second = clientOf(server, { token: tokenOf("bob", "agent") }).client;
    await second.connect();
    const other = second.conversation("c");
    await other.open();
    await other.loadNotes();
    expect(texts(other.getSnapshot().notes)).toEqual(["a", "b", "c", "d", "e"]);
    await conversation.addNote("f");
    await pass();
    expect(texts(other.getSnapshot().notes)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(other.getSnapshot().messages).toEqual([]);
  });

  it("stops watching when it is left, and is not resumed", async () => {
    const { server, conversation } = await customer();
    conversation.leave();
    await pass();
    expect(server.frames("leave")).toHaveLength(1);
    server.cut();
    await pass(500);
    expect(server.frames("resume").some((frame) => JSON.stringify(frame.data).includes('"c"'))).toBe(false);
  });

  it("keeps a message's object as long as nothing about it changes", async () => {
    const { server, conversation, shown } = await customer();
    server.say("c", "one");
    await pass();
    const [first] = shown().messages;
    conversation.send("two");
    await pass();
    server.say("c", "three");
    await pass();
    expect(shown().messages[0]).toBe(first);
    expect(shown()).toBe(shown());
  });
});
