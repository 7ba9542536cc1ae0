/**
 * `@switchboard/client`: the headless client of a Switchboard server.
 *
 * The core is this module; `./outbox`, `./tabs`, `./queue`, `./staff`, `./session`, `./messages` and
 * `./notifications` are added where they are needed, so that a page pays only for what it uses.
 *
 * @packageDocumentation
 */
export { createClient } from "./client.ts";
export { type ClientErrorCode, SwitchboardError } from "./errors.ts";
export type * from "./protocol.ts";
export {
  type Availability,
  type ConversationDetail,
  type ConversationRecord,
  createRest,
  type Page,
  type RequestOptions,
  type Rest,
  type RestOptions,
  type TokenAnswer,
  type User,
} from "./rest.ts";
export type * from "./types.ts";
