/** A line between browser and server that can be cut, or go dead without a word. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export async function startProxy(target: string) {
  const to = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  let dead = false;
  let away = false;
  const server = createServer((near) => {
    if (away) {
      near.destroy();
      return;
    }
    const far = connect(Number(to.port), to.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    const over = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.on("error", over);
      socket.on("close", over);
    }
    near.on("data", (data) => !held(pair) && far.write(data));
    far.on("data", (data) => !held(pair) && near.write(data));
  });
  /** Lines that were open when it went dead stay so; new ones only while it is. */
  const numb = new Set<[Socket, Socket]>();
  const held = (pair: [Socket, Socket]) => dead || numb.has(pair);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Nothing goes through any more, and nobody is told: a half-open link. */
    goDead() {
      dead = true;
      for (const pair of pairs) numb.add(pair);
    },
    /** New lines work again; those that were dead stay dead. */
    revive() {
      dead = false;
    },
    /** Closes every line. */
    cut() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
    /** Closes every line and takes no new one: a client that polls may have none open at this moment. */
    goAway() {
      away = true;
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
    /** Takes lines again. */
    comeBack() {
      away = false;
    },
    async stop() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
