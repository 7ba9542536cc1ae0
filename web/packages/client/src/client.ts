import type { Client, ClientOptions } from "./types.ts";

/** Makes a client. Nothing is sent before `connect()`. */
export declare function createClient(options?: ClientOptions): Client;
