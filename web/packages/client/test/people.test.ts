/** Messages between people, host events and notifications against the real server. */
import { describe, expect, it } from "vitest";
import { messagesClient } from "../src/messages.ts";
import { notificationsClient } from "../src/notifications.ts";
import type { Client, EventData, EventType, HostEvent } from "../src/types.ts";
import { BINARY, realServer } from "./realServer.ts";

declare module "../src/types.ts" {
  interface HostEvents {
    booking_created: { bookingId: number };
  }
}

/** The next event of a type that fits; asked for before what brings it. */
function next<T extends EventType>(
  client: Client,
  type: T,
  fits: (data: EventData<T>) => boolean = () => true,
): Promise<{ data: EventData<T>; event: HostEvent | undefined }> {
  return new Promise((resolve) => {
    const stop = client.on(type, (data, event) => {
      if (!fits(data)) return;
      stop();
      resolve({ data, event });
    });
  });
}

describe.skipIf(!BINARY)("people on the real server", { timeout: 60_000 }, () => {
  const { start, person, host } = realServer();

  async function three() {
    const url = await start();
    const [cleo, ann, bob] = [
      await person(url, "cleo", "customer"),
      await person(url, "ann", "agent"),
      await person(url, "bob", "agent"),
    ] as const;
    await Promise.all([cleo, ann].map((one) => one.connect()));
    return { url, cleo, ann, bob };
  }

  it("begin, write, list, page, read, change, react, search, forward, bring in and let go", async () => {
    const { cleo, ann, bob } = await three();
    const [hers, his, bobs] = [cleo, ann, bob].map((one) => messagesClient(one.rest));
    if (!hers || !his || !bobs) throw new Error("nobody");

    const told = next(ann, "conversation_updated");
    const made = await hers.createConversation({
      type: "guest_staff",
      subject: "Room Service Request",
      participant_ids: ["ann"],
      client_id: "begin-1",
      metadata: { room: 12 },
    });
    expect(made).toMatchObject({
      type: "guest_staff",
      subject: "Room Service Request",
      status: "active",
      created_by: "cleo",
      role: "owner",
      last_message: null,
      unread_count: 0,
      last_seq: 0,
      metadata: { room: 12 },
    });
    expect((await told).data.conversationId).toBe(made.id);
    const again = hers.createConversation({ type: "guest_staff", participant_ids: ["ann"], client_id: "begin-1" });
    expect((await again).id).toBe(made.id);

    const heard = next(ann, "new_message");
    const sent = await hers.sendMessage({ conversation_id: made.id, message_text: "Hello", client_id: "m-1" });
    expect(sent).toMatchObject({ seq: 1, sender_id: "cleo", is_read: true, reactions: [], attachments: [] });
    expect((await heard).data).toMatchObject({ messageId: sent.id, content: "Hello" });
    expect((await hers.sendMessage({ conversation_id: made.id, message_text: "Hello", client_id: "m-1" })).id).toBe(
      sent.id,
    );
    const answer = await his.sendMessage({ conversation_id: made.id, message_text: "On my way", reply_to: sent.id });
    expect(answer.reply_to).toBe(sent.id);
    await his.sendMessage({ conversation_id: made.id, message_text: "We close at ten", message_type: "automated" });

    const [listed] = await hers.getConversations({ type: "guest_staff", unread_only: true, limit: 10, offset: 0 });
    expect(listed).toMatchObject({ id: made.id, unread_count: 2, last_message: { message_text: "We close at ten" } });
    expect(await hers.getConversations({ status: "archived" })).toEqual([]);
    const seqs = async (...page: Parameters<typeof hers.getMessages>[1][]) =>
      (await hers.getMessages(made.id, ...page)).map(({ seq }) => seq);
    expect(await seqs()).toEqual([1, 2, 3]);
    expect(await seqs({ limit: 2 })).toEqual([2, 3]);
    expect(await seqs({ limit: 2, offset: 2 })).toEqual([1]);
    expect(await seqs({ before: 3, limit: 1 })).toEqual([2]);
    expect(await seqs({ after: 1 })).toEqual([2, 3]);

    expect(await hers.getStats()).toMatchObject({ unread_messages: 2, unread_conversations: 1, total_messages: 3 });
    const count = next(cleo, "unread_count", ({ unread }) => unread === 1);
    expect(await hers.markConversationAsRead(made.id, { seq: 2 })).toEqual({
      conversation_id: made.id,
      last_read_seq: 2,
      unread_count: 1,
    });
    expect((await count).data.lastReadSeq).toBe(2);
    expect((await hers.markConversationAsRead(made.id)).unread_count).toBe(0);

    const updated = next(cleo, "message_updated");
    expect((await his.editMessage(answer.id, "On my way up")).edited_at).toBeTruthy();
    expect((await updated).data).toMatchObject({ messageId: answer.id, content: "On my way up" });
    const reacted = next(ann, "message_reaction");
    expect((await hers.addReaction(answer.id, "👍")).reactions).toEqual([
      { emoji: "👍", count: 1, user_ids: ["cleo"], mine: true },
    ]);
    expect((await reacted).data).toMatchObject({ emoji: "👍", userId: "cleo", on: true });
    expect((await hers.removeReaction(answer.id, "👍")).reactions).toEqual([]);

    const found = await his.searchMessages("way up", { limit: 5 });
    expect(found.items).toMatchObject([{ message_id: answer.id, conversation_id: made.id, seq: 2 }]);
    expect(found.items[0]?.snippet.matches.length).toBe(2);
    expect((await bobs.searchMessages("way")).items).toEqual([]);

    const other = await his.createConversation({
      type: "staff_staff",
      participants: [{ user_id: "bob", role: "staff" }],
    });
    const forwarded = await his.forwardMessage(sent.id, { conversation_id: other.id });
    expect(forwarded).toMatchObject({ message_text: "Hello", metadata: { forwarded_from: { sender_id: "cleo" } } });

    const removed = next(cleo, "message_deleted");
    expect(await his.deleteMessage(answer.id)).toMatchObject({ seq: 2, message_text: "" });
    expect((await removed).data).toMatchObject({ messageId: answer.id, seq: 2 });

    expect((await his.changeParticipants(made.id, { add: [{ user_id: "bob" }] }))?.participants).toHaveLength(3);
    expect(await bobs.changeParticipants(made.id, { remove: ["bob"] })).toBeUndefined();
    expect(await hers.updateConversation(made.id, { muted: true, archived: true })).toMatchObject({
      muted: true,
      status: "archived",
    });
    expect(await hers.updateConversation(made.id, { subject: "Towels", status: "active" })).toMatchObject({
      subject: "Towels",
      status: "active",
    });
    expect((await hers.updateConversation(made.id, { status: "closed" })).status).toBe("closed");
    await expect(his.sendMessage({ conversation_id: made.id, message_text: "?" })).rejects.toMatchObject({
      code: "conversation_closed",
    });
  });

  it("add files to messages, do not hear from whom they block, and find nothing of others", async () => {
    const { url, cleo, ann, bob } = await three();
    const [hers, his] = [messagesClient(cleo.rest), messagesClient(ann.rest)];
    const made = await hers.createConversation({ type: "guest_staff", participant_ids: ["ann"] });
    const file = await hers.uploadAttachment(new Blob(["two towels"], { type: "text/plain" }), "wishes.txt");
    expect(file).toMatchObject({ file_name: "wishes.txt", file_type: "text/plain", file_size: 10, width: null });
    await hers.sendMessage({ conversation_id: made.id, message_text: "My wishes", attachments: [file.id] });
    const [message] = await his.getMessages(made.id);
    const [attached] = message?.attachments ?? [];
    expect(await (await fetch(url + attached?.file_url)).text()).toBe("two towels");

    const dora = await person(url, "dora", "customer");
    await hers.blockUser("dora");
    expect((await hers.getBlockedUsers()).map((one) => one.user_id)).toEqual(["dora"]);
    const begin = () =>
      messagesClient(dora.rest).createConversation({ type: "guest_guest", participant_ids: ["cleo"] });
    await expect(begin()).rejects.toMatchObject({ code: "not_found", status: 404 });
    await hers.unblockUser("dora");
    expect((await begin()).participants).toHaveLength(2);
    const strange = messagesClient(dora.rest);
    for (const id of [made.id, "nobody's"]) {
      await expect(strange.getConversation(id)).rejects.toMatchObject({ code: "not_found", status: 404 });
      await expect(strange.getMessages(id)).rejects.toMatchObject({ code: "not_found" });
    }
    expect(bob.state).toBe("disconnected");
  });

  it("show in an open conversation what was changed and what was taken back", async () => {
    const { cleo, ann } = await three();
    const [hers, his] = [messagesClient(cleo.rest), messagesClient(ann.rest)];
    const made = await hers.createConversation({ type: "guest_staff", participant_ids: ["ann"] });
    const conversation = ann.conversation(made.id);
    await conversation.open();
    const first = await hers.sendMessage({ conversation_id: made.id, message_text: "Towles" });
    await hers.sendMessage({ conversation_id: made.id, message_text: "Forget it" });
    const shown = (...wanted: string[]) =>
      new Promise<void>((resolve) => {
        const look = () => {
          const lines = conversation.getSnapshot().messages.map(({ content }) => content);
          if (JSON.stringify(lines) !== JSON.stringify(wanted)) return;
          stop();
          resolve();
        };
        const stop = conversation.subscribe(look);
        look();
      });
    await shown("Towles", "Forget it");
    await hers.editMessage(first.id, "Towels");
    await shown("Towels", "Forget it");
    await hers.deleteMessage(first.id);
    await shown("", "Forget it");
    expect(conversation.getSnapshot().messages[0]?.deletedAt).toBeTruthy();
    expect((await his.getMessages(made.id))[0]?.deleted_at).toBeTruthy();
  });

  it("hear the host's events by name and type, and find their notifications read on every device", async () => {
    const { url, cleo } = await three();
    const booking = next(cleo, "booking_created");
    await host(url, "/events", { to: { userId: "cleo" }, type: "booking_created", data: { bookingId: 17 } });
    const { data, event } = await booking;
    const bookingId: number = data.bookingId;
    expect(bookingId).toBe(17);
    expect(event).toMatchObject({ priority: "normal" });
    expect(event?.number).toBeUndefined();

    cleo.disconnect();
    const title = "Booking Confirmed";
    // A key that is also the engine's own belongs to the host here.
    const about = { title, conversationId: "the host's own" };
    await host(url, "/events", { to: { userId: "cleo" }, type: "notification", data: about, priority: "high" });
    await host(url, "/events", { to: { role: "customer" }, type: "notification", data: { title: "To all" } });
    const [came, counted] = [next(cleo, "notification"), next(cleo, "notification_count")];
    await cleo.connect();
    const first = await came;
    expect(first.data.title).toBe(title);
    expect(first.event).toMatchObject({ priority: "high" });
    expect((await counted).data.unread).toBe(2);
    expect(cleo.getSnapshot().conversations).toEqual([]);

    const phone = await person(url, "cleo", "customer");
    await phone.connect();
    const [stored, others] = [notificationsClient(cleo.rest), notificationsClient(phone.rest)];
    const page = await stored.list({ limit: 1 });
    expect([page.items.map((one) => one.data.title), page.unread]).toEqual([["To all"], 2]);
    const older = await stored.list({ limit: 1, cursor: page.nextCursor ?? "" });
    expect(older.items).toMatchObject([{ id: first.event?.id, data: about, read: false, priority: "high" }]);
    const read = next(phone, "notification_count", ({ unread }) => unread === 1);
    expect(await stored.markRead({ ids: [older.items[0]?.id ?? ""] })).toEqual({ unread: 1 });
    expect((await read).data.readId).toBe(first.event?.id);
    expect((await others.list({ unread: true })).items.map((one) => one.data.title)).toEqual(["To all"]);
    expect(await others.markRead({ upTo: page.items[0]?.number ?? 0 })).toEqual({ unread: 0 });
    expect(await stored.count()).toEqual({ unread: 0 });
  });
});
