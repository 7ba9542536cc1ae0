import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatClient, Heard, type Options } from "../src/chatclient.ts";
import { databases } from "../src/databases.ts";
import { startProxy } from "../src/proxy.ts";
import { mint, type Server, startServer } from "../src/server.ts";

/** The stock client, unchanged, in each of the ways in which it connects. */
const WAYS: [string, Options][] = [
  ["websocket only", { transports: ["websocket"] }],
  ["polling only", { transports: ["polling"] }],
  ["polling, then upgrading", { transports: ["polling", "websocket"] }],
];

let server: Server;
let line: Awaited<ReturnType<typeof startProxy>>;

describe.each(databases())("on %s", (_, settings) => {
  beforeAll(async () => {
    server = await startServer({
      ...(await settings()),
      SWITCHBOARD__ROUTING__MODE: "offer",
      SWITCHBOARD__LIMITS__MESSAGES_PER_10S: "1000",
      SWITCHBOARD__LIMITS__FRAMES_PER_60S: "10000",
    });
    line = await startProxy(server.address);
  });

  afterAll(async () => {
    await line?.stop();
    await server?.stop();
  });

  describe.each(WAYS)("seed 002's ChatClient, %s", stories);
});

const token = (userId: string, role: string) => mint(server.address, userId, role);

/** Staff at a desk: its events, and the socket to answer with. */
async function staff(name: string, way: Options) {
  const socket = io(server.address, { ...way, forceNew: true, auth: { token: await token(name, "agent") } });
  const heard = new Heard(socket);
  await heard.next("staff_data");
  return heard;
}

/** The first of several that an event has come to. */
async function whoeverHears(those: Heard[], name: string) {
  for (;;) {
    const found = those.find(({ all }) => all.some((event) => event.name === name));
    if (found) return found;
    await Promise.race(those.map((one) => one.more()));
  }
}

function stories(name: string, way: Options) {
  const who = (role: string) => `${role}-${name.replace(/\W+/g, "-")}`;

  test("asks, is answered, gets a human after one has declined, loses its line and goes on", async () => {
    const proof = await token(who("cleo"), "customer");
    const options = { ...way, forceNew: true, auth: { token: proof }, reconnectionDelay: 10, reconnectionDelayMax: 50 };
    const client = new ChatClient(line.address, options);
    await client.heard.next("ai_message");
    client.sendMessage("When do you open?");
    await client.heard.next("new_message", ({ content }) => content === "When do you open?");
    const answer = await client.heard.next("ai_message");
    expect(answer.seq).toBe(3);
    if (name.includes("upgrading")) expect(client.socket.io.engine.transport.name).toBe("websocket");

    const [ann, bob] = [await staff(who("ann"), way), await staff(who("bob"), way)];
    client.requestHumanAgent("refund");
    await client.heard.next("transfer_requested");
    expect(client.status).toBe("Requesting human agent...");
    const at = await whoeverHears([ann, bob], "new_transfer_request");
    const refused = await at.next("new_transfer_request");
    expect(refused.reason).toBe("refund");
    at.socket.emit("decline_transfer", { transferRequestId: refused.transferRequestId, reason: "lunch" });
    const desk = at === ann ? bob : ann;
    const offer = await desk.next("new_transfer_request");
    desk.socket.emit("accept_transfer", { transferRequestId: offer.transferRequestId });
    const accepted = await client.heard.next("transfer_accepted");
    expect(client.status).toBe(`Connected to ${accepted.staffName}`);
    const joined = await desk.next("staff_chat_joined");
    expect(joined.history.map(({ content }: { content: string }) => content)).toContain("When do you open?");
    expect(joined.sessionUuid).toBe(accepted.sessionUuid);
    await desk.next("workload_updated", ({ currentChats }) => currentChats === 1);

    const sessionUuid = joined.sessionUuid;
    desk.socket.emit("typing_start", { sessionUuid });
    await client.heard.next("user_typing");
    const sent = await desk.socket.emitWithAck("send_message", { sessionUuid, content: "Hello", messageType: "text" });
    const hello = await client.heard.next("new_message", ({ content }) => content === "Hello");
    expect(hello.messageId).toBe(sent.messageId);
    client.socket.emit("mark_read", { sessionUuid, messageId: hello.messageId });
    expect((await desk.next("message_read")).messageId).toBe(sent.messageId);

    const before = client.screen.length;
    line.goAway();
    await client.heard.next("disconnect");
    line.comeBack();
    for (const content of ["one", "two", "three"]) {
      await desk.socket.emitWithAck("send_message", { sessionUuid, content });
    }
    await client.heard.next("new_message", ({ content }) => content === "three");
    expect(client.socket.recovered).toBe(true);
    expect(client.screen.slice(before).filter(({ line }) => !/joined|lost/.test(line))).toHaveLength(3);
    const seqs = client.screen.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, place) => place + 1));

    // A newcomer knows nothing and is shown the last messages.
    const again = new ChatClient(server.address, options);
    await again.heard.next("chat_session_restored");
    expect(again.sessionUuid).toBe(sessionUuid);
    expect(again.screen.at(-1)?.line).toMatch(/three$/);
    again.sendMessage("From the other device");
    await client.heard.next("new_message", ({ content }) => content === "From the other device");
    for (const one of [client, again]) one.stop();
    for (const one of [ann, bob]) one.socket.disconnect();
  });

  test("messages with retries are kept through a cut line, each once", async () => {
    const auth = { token: await token(who("dora"), "customer") };
    const options = { ...way, forceNew: true, auth, retries: 20, ackTimeout: 1000, reconnectionDelay: 10 };
    const client = new ChatClient(line.address, { ...options, reconnectionDelayMax: 50 });
    await client.heard.next("ai_message");
    const answers: Promise<{ duplicate: boolean; seq: number }>[] = [];
    for (let number = 0; number < 20; number++) {
      answers.push(client.socket.emitWithAck("send_message", { content: `kept ${number}` }, `client-${number}`));
      if (number % 7 === 3) line.cut();
    }
    const seqs = (await Promise.all(answers)).map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(20);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    await client.heard.next("new_message", ({ content }) => content === "kept 19");
    const mine = client.screen.filter(({ line }) => /: kept \d+$/.test(line));
    expect(mine.map(({ line }) => line.split(": ")[1])).toEqual(Array.from({ length: 20 }, (_, n) => `kept ${n}`));
    client.stop();
  });

  test("a bad token and another namespace are told", async () => {
    const bad = new Heard(io(server.address, { ...way, forceNew: true, auth: { token: "nonsense" } }));
    expect((await bad.next("connect_error")).message).toMatch(/./);
    const other = new Heard(io(`${server.address}/admin`, { ...way, forceNew: true, auth: {} }));
    expect((await other.next("connect_error")).message).toBe("Invalid namespace");
    for (const one of [bad, other]) one.socket.disconnect();
  });
}
