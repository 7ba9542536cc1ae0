/** Somebody else's site: static pages on an origin of their own, with a policy of their own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  body: string;
  headers?: Record<string, string>;
}

/** `host` may be any name that Chromium takes to this machine, such as `shop.localhost`. */
export async function startSite(pages: (path: string) => Answer, host = "127.0.0.1") {
  const server = createServer((request, response) => {
    const { body, headers } = pages(new URL(request.url ?? "/", "http://site").pathname);
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers });
    response.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      }),
  };
}
