/** Seed 003's walk: two users with two devices each, over HTTP and the socket, against the program. No browser. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../src/databases.ts";
import { type Data, EventSocket, messagingService, type Refused, WS_EVENTS } from "../src/messagingclient.ts";
import { mint, SECRET, type Server, startServer } from "../src/server.ts";

/** A device that remembers what came, each of which can be waited for once. */
class Device {
  readonly heard: { name: string; data: Data }[] = [];
  readonly socket: EventSocket;
  private looked = 0;
  private wake: (() => void)[] = [];

  constructor(address: string, token: string) {
    const put = (name: string) => (data: Data) => {
      this.heard.push({ name, data });
      for (const wake of this.wake.splice(0)) wake();
    };
    const options = { onConnect: () => put("back")({}), onDisconnect: () => put("gone")({}) };
    this.socket = new EventSocket(address, token, { ...options, reconnectDelayMs: 20, reconnectAttempts: 12 });
    const named = ["pong", "conversation_updated", "message_read", "unread_count", "notification_count"];
    for (const name of [...Object.values(WS_EVENTS), ...named]) this.socket.on(name, put(name));
  }

  async next(name: string, fits: (data: Data) => boolean = () => true): Promise<Data> {
    for (;;) {
      while (this.looked < this.heard.length) {
        const event = this.heard[this.looked++];
        if (event?.name === name && fits(event.data)) return event.data;
      }
      await new Promise<void>((wake) => this.wake.push(wake));
    }
  }

  /** What has come under a name by now: an answer that was asked for comes after it. */
  async all(name: string): Promise<Data[]> {
    const asked = `${this.heard.length}`;
    this.socket.send({ type: "ping", data: { asked } });
    await this.next("pong", ({ data }) => data.asked === asked);
    return this.heard.filter((event) => event.name === name).map(({ data }) => data);
  }
}

describe.each(databases())("seed 003's clients on %s", (_, settings) => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(await settings());
  });
  afterAll(() => server?.stop());

  /** As the host application's `send_notification_event`. */
  async function publish(event: object) {
    const answer = await fetch(`${server.address}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-internal-secret": SECRET },
      body: JSON.stringify(event),
    });
    expect(answer.status).toBe(201);
  }

  async function devices(token: string) {
    const both = [new Device(server.address, token), new Device(server.address, token)] as const;
    await Promise.all(both.map(({ socket }) => socket.connect()));
    return both;
  }

  test("begin, write, count, read, are told of what came while they were away, and come back by themselves", async () => {
    const [guestToken, staffToken] = [
      await mint(server.address, "cleo", "customer"),
      await mint(server.address, "ann", "agent"),
    ];
    const [guest, staff] = [guestToken, staffToken].map((token) => messagingService(server.address, token)) as [
      ReturnType<typeof messagingService>,
      ReturnType<typeof messagingService>,
    ];
    const [phone, laptop] = await devices(guestToken);
    const [tablet, desk] = await devices(staffToken);
    expect([phone, laptop, tablet, desk].map(({ socket }) => socket.connectionStatus)).toEqual(
      Array(4).fill("connected"),
    );

    // Create.
    const begun = await guest.createConversation({
      type: "guest_staff",
      subject: "Room Service Request",
      participant_ids: ["ann"],
    });
    expect(begun.participants.map(({ user_id, role }) => [user_id, role]).sort()).toEqual([
      ["ann", "staff"],
      ["cleo", "owner"],
    ]);
    for (const device of [phone, laptop, tablet, desk]) {
      const told = await device.next("conversation_updated");
      expect([told.conversation_id, told.subject]).toEqual([begun.id, "Room Service Request"]);
    }

    // Send, and receive at once on all devices.
    const id = begun.id;
    const sent = await guest.sendMessage({ conversation_id: id, message_text: "Hello, I need assistance" });
    for (const device of [phone, laptop, tablet, desk]) {
      const { conversation_id, message_id, sender_id, message_text, created_at } = await device.next("new_message");
      expect({ conversation_id, message_id, sender_id, message_text }).toEqual({
        conversation_id: id,
        message_id: sent.id,
        sender_id: "cleo",
        message_text: "Hello, I need assistance",
      });
      expect(Date.parse(created_at)).toBeGreaterThan(0);
    }

    // Unread.
    for (const device of [tablet, desk]) expect((await device.next("unread_count")).unread).toBe(1);
    const [listed] = await staff.getConversations();
    expect([listed?.id, listed?.unread_count, listed?.last_message?.message_text]).toEqual([
      id,
      1,
      "Hello, I need assistance",
    ]);
    expect((await staff.getStats()).unread_messages).toBe(1);
    expect((await guest.getConversations())[0]?.unread_count).toBe(0);

    // Read on one device, read on the other.
    expect((await staff.markAsRead(id)).unread_count).toBe(0);
    for (const device of [tablet, desk]) expect((await device.next("unread_count")).unread).toBe(0);
    for (const device of [phone, laptop]) expect((await device.next("message_read")).user_id).toBe("ann");
    expect((await staff.getConversations())[0]?.unread_count).toBe(0);
    expect((await staff.getMessages(id)).map(({ is_read }) => is_read)).toEqual([true]);

    // Nobody else finds it, or learns that it is there.
    const stranger = messagingService(server.address, await mint(server.address, "dora", "customer"));
    const refusal = (asked: Promise<unknown>) =>
      asked.then(
        () => expect.fail("it was answered"),
        ({ status, body }: Refused) => [status, (body as Data).error.code],
      );
    for (const unknown of [id, "0199e7d0-0001-7000-8000-00000000c001"]) {
      expect(await refusal(stranger.getConversation(unknown))).toEqual([404, "not_found"]);
      expect(await refusal(stranger.sendMessage({ conversation_id: unknown, message_text: "?" }))).toEqual([
        404,
        "not_found",
      ]);
    }

    // A notification, and a message, while both of her devices are away.
    for (const device of [tablet, desk]) {
      device.socket.disconnect();
      await device.next("gone");
    }
    const data = { title: "Booking Confirmed", message: "Your booking has been confirmed", reference_id: 17 };
    await publish({ to: { userId: "ann" }, type: "notification", data });
    await guest.sendMessage({ conversation_id: id, message_text: "Are you there?" });
    await tablet.socket.connect();
    expect(await tablet.next("notification")).toEqual(data);
    expect((await tablet.next("notification_count")).unread).toBe(1);
    const [second] = (await staff.getConversations()).map(({ unread_count }) => unread_count);
    expect(second).toBe(1);
    expect((await staff.getMessages(id)).map(({ message_text }) => message_text)).toEqual([
      "Hello, I need assistance",
      "Are you there?",
    ]);
    await desk.socket.connect();
    expect((await desk.next("notification_count")).unread).toBe(1);
    const { items } = await staff.getNotifications();
    expect(items.map((item) => [item.data.title, item.read])).toEqual([["Booking Confirmed", false]]);
    expect((await staff.markNotificationsAsRead(items.map((item) => item.id))).unread).toBe(0);
    for (const device of [tablet, desk]) {
      expect((await device.next("notification_count")).unread).toBe(0);
      expect((await device.all("notification")).length).toBeLessThanOrEqual(1);
    }
    expect((await tablet.all("notification")).length).toBe(1);

    // The server dies in the middle; everybody comes back by themselves, and nothing is gone.
    await server.kill();
    for (const device of [phone, laptop, tablet, desk]) await device.next("gone");
    await server.again();
    for (const device of [phone, laptop, tablet, desk]) await device.next("back");
    expect((await staff.getConversations())[0]?.unread_count).toBe(1);
    await staff.sendMessage({ conversation_id: id, message_text: "On my way" });
    for (const device of [phone, laptop, tablet, desk]) {
      expect((await device.next("new_message")).message_text).toBe("On my way");
    }
    for (const device of [phone, laptop]) expect((await device.next("unread_count")).unread).toBe(1);
    const texts = (await guest.getMessages(id)).map(({ seq, message_text }) => [seq, message_text]);
    expect(texts).toEqual([
      [1, "Hello, I need assistance"],
      [2, "Are you there?"],
      [3, "On my way"],
    ]);
    for (const device of [phone, laptop]) {
      const seqs = (await device.all("new_message")).map(({ seq }) => seq);
      expect(seqs).toEqual([1, 2, 3]);
    }
    expect((await tablet.all("new_message")).map(({ seq }) => seq)).toEqual([1, 3]);

    // What the host says reaches a role and everybody, under its own names.
    await publish({ to: { role: "agent" }, type: "order_ready", data: { order_id: 4 } });
    expect(await desk.next("order_ready")).toEqual({ order_id: 4 });
    await publish({ to: { all: true }, type: "system_announcement", data: { text: "The pool is closed today." } });
    for (const device of [phone, laptop, tablet, desk]) {
      expect((await device.next("system_announcement")).text).toBe("The pool is closed today.");
    }
    expect(await phone.all("order_ready")).toEqual([]);
    for (const device of [phone, laptop, tablet, desk]) device.socket.disconnect();
  });

  test("nobody gets in with a token that is none", async () => {
    const device = new Device(server.address, "nonsense");
    await expect(device.socket.connect()).rejects.toThrow();
    expect([device.socket.isConnected, device.socket.connectionStatus]).toEqual([false, "error"]);
    device.socket.disconnect();
  });
});
