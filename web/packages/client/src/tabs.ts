import type { LinkFactory } from "./types.ts";

/**
 * One connection for all tabs of a browser that speak for the same user: the tab that holds a Web Lock has the
 * socket, the others talk through it over a BroadcastChannel, and when it closes, dies or freezes, another takes over.
 * Where the browser has neither, each tab has a connection of its own. Needs no worker and no `eval`.
 */
export declare function sharedConnection(options?: { name?: string }): LinkFactory;
